/** Songs in files, and songs that come through streams and pipes. */
import { isPipe, openAudio, pipeStream, Spool } from "../audio/index.ts";
import type { Song } from "../stems/index.ts";

/** A song that holds something until it is released. */
export interface HeldSong extends Song, AsyncDisposable {}

/** The song in a file. Not for pipes, which can be read only once. */
export function songFile(path: string): Song {
  return { name: path, open: (signal, options) => openAudio(path, signal, options) };
}

/**
 * The song that comes through a stream, such as the standard input: a `ReadableStream`, a stream of Node, or any other
 * iterable of bytes. It is read to its end and kept in a temporary file until the song is released.
 * @throws {AudioError} "unreadable"; {@link FileError} "unwritable"; {@link AbortError}.
 */
export async function songStream(
  stream: AsyncIterable<Uint8Array>,
  name: string,
  signal?: AbortSignal,
): Promise<HeldSong> {
  const spool = await Spool.create(stream, name, signal);
  return {
    name,
    open: (signal, options) => openAudio(spool.path, signal, { ...options, name }),
    [Symbol.asyncDispose]: () => spool.remove(),
  };
}

/** The song at a path: of a file as {@link songFile}, of a pipe as {@link songStream}. Throws as that. */
export async function songAt(path: string, signal?: AbortSignal): Promise<HeldSong> {
  if (await isPipe(path)) return songStream(await pipeStream(path), path, signal);
  return { ...songFile(path), [Symbol.asyncDispose]: async () => {} };
}
