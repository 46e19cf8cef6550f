/** From the arguments of `demix` to songs. */
import {
  findSongs,
  type HeldSong,
  type PlannedSong,
  songAt,
  songStream,
  trackName,
} from "../demix/index.ts";
import { ArgumentError, type XumxError } from "../errors.ts";
import type { DemixFlags } from "./demixFlags.ts";

/** What was found; holds temporary files of songs that come through pipes. */
export interface DemixInputs extends AsyncDisposable {
  readonly songs: readonly PlannedSong[];
  readonly problems: readonly { readonly input: string; readonly error: XumxError }[];
}

/** Stands for stdin among the inputs, and for stdout as the output. */
export const STREAM = "-";

/** @throws {ArgumentError} if several songs were found where one can be. */
export async function demixInputs(
  inputs: readonly string[],
  { recursive, output, name }: DemixFlags,
  signal: AbortSignal,
): Promise<DemixInputs> {
  const { songs: found, problems } = await findSongs(
    inputs.filter((input) => input !== STREAM),
    { recursive: recursive ?? false, ...(output !== STREAM && { except: output }), signal },
  );
  const read = inputs.includes(STREAM);
  if (read && process.stdin.isTTY) {
    throw new ArgumentError(
      "There is no song on stdin.",
      "Pipe one in: cat song.mp3 | xumx-slicq -",
    );
  }
  const count = found.length + (read ? 1 : 0);
  if (count > 1 && (name !== undefined || output === STREAM)) {
    const option = output === STREAM ? "--output -" : "--name";
    throw new ArgumentError(`${option} is for one song; there are ${count}.`);
  }
  const held: HeldSong[] = [];
  const release = async () => {
    for (const song of held) await song[Symbol.asyncDispose]();
  };
  try {
    const songs: PlannedSong[] = [];
    if (read) {
      const song = await songStream(process.stdin, "stdin", signal);
      held.push(song);
      songs.push({ song, track: name ?? "stdin", folder: "", bytes: 0 });
    }
    for (const { path, folder, bytes, named } of found) {
      const song = await songAt(path, signal);
      held.push(song);
      songs.push({ song, track: name ?? trackName(path), folder, bytes, path, searched: !named });
    }
    return { songs, problems, [Symbol.asyncDispose]: release };
  } catch (error) {
    await release();
    throw error;
  }
}
