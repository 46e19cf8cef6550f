/** Outputs of earlier runs among the songs that were found, so that a folder of songs with their stems can be run again. */
import { open } from "node:fs/promises";
import { relative, resolve, sep } from "node:path";
import { isOwnWork, OWN_WORK_BYTES } from "../audio/index.ts";
import { outputNames } from "../stems/index.ts";
import { placeOf } from "./nameConflicts.ts";
import { keyOf, type NameSettings, type TaggedSong } from "./plannedSong.ts";

/** Stands for any model, stem and ending: characters that no name of these has. */
const ANY = { model: "\ue000", stem: "\ue001", extension: "\ue002" };

/**
 * Which songs an earlier run wrote below the output folder: they were found there, they have the name that an output of
 * another of these songs has, of any stem, format and (if the template begins with its name) model, and an encoder of
 * ours wrote them. A file that only looks so by its name is a song.
 *
 * @param songs named as they are written, see {@link tellApart}.
 * @param output the folder below which everything is written.
 */
export async function ownOutputs(
  songs: readonly TaggedSong[],
  output: string,
  settings: NameSettings & { readonly names: readonly string[] },
): Promise<ReadonlySet<TaggedSong>> {
  const inside = songs.flatMap((song) => {
    const key = song.searched && song.path && relative(resolve(output), resolve(song.path));
    return key && !key.startsWith(`..${sep}`) ? [{ song, key: key.split(sep).join("/") }] : [];
  });
  const own = new Set<TaggedSong>();
  if (inside.length === 0) return own;
  const anyModel = /^\{model\}\//.test(settings.template.pattern);
  const shape = { ...settings, extension: ANY.extension, ...(anyModel && { model: ANY.model }) };
  const shapes = new Set(songs.map((song) => placeOf(keyOf(song, ANY.stem, shape))));
  for (const { song, key } of inside) {
    const isNamedSo = shapesOf(key, settings.names, anyModel).some((one) =>
      shapes.has(placeOf(one)),
    );
    if (isNamedSo && (await wasWrittenByUs(song.path ?? ""))) own.add(song);
  }
  return own;
}

/** The key with whatever may be a model, stem or ending in it left open. */
function shapesOf(key: string, names: readonly string[], anyModel: boolean): readonly string[] {
  const open = key
    .replace(/[^./]+$/, ANY.extension)
    .replace(/^[^/]+\//, (first) => (anyModel ? `${ANY.model}/` : first));
  return [...new Set([...outputNames(), ...names])].flatMap((name) => {
    const parts = open.split(name);
    return parts
      .slice(1)
      .map((_, i) => parts.slice(0, i + 1).join(name) + ANY.stem + parts.slice(i + 1).join(name));
  });
}

async function wasWrittenByUs(path: string): Promise<boolean> {
  try {
    await using file = await open(path);
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(OWN_WORK_BYTES),
      0,
      OWN_WORK_BYTES,
      0,
    );
    return isOwnWork(buffer.subarray(0, bytesRead));
  } catch {
    // What cannot be read is told when it is separated.
    return false;
  }
}
