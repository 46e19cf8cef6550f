/** Folders of score files: one folder per method, one museval JSON per track. */
import { readdir, readFile } from "node:fs/promises";
import { basename, join, relative, resolve, sep } from "node:path";
import { AudioError, DataError } from "../errors.ts";
import { writeAtomically } from "../files/index.ts";
import type { MethodScores } from "./aggregate.ts";
import { readMuseval, writeMuseval } from "./musevalFile.ts";
import type { TrackScores } from "./trackScores.ts";

/**
 * Reads all `.json` files in a folder and its folders (museval has one per subset) as one method's tracks. Hidden files and
 * macOS's `__MACOSX` and `._` litter are passed over.
 * @throws AudioError "not-found" if there is none; DataError if one is not a score file or a track occurs twice.
 */
export async function readMethod(folder: string): Promise<MethodScores> {
  const tracks = new Map<string, TrackScores>();
  for (const path of await jsonFiles(folder)) {
    const track = basename(path, ".json").normalize("NFC");
    if (tracks.has(track)) {
      throw new DataError(
        `${folder} holds two files of the track "${track}".`,
        "Give one method's folder at a time.",
      );
    }
    tracks.set(track, readMuseval(await readFile(path, "utf8"), path));
  }
  if (tracks.size === 0) {
    throw new AudioError(
      "not-found",
      `${folder} holds no score files.`,
      "Give folders that `xumx-slicq evaluate` or museval wrote: one JSON per track.",
    );
  }
  return { method: basename(resolve(folder)), tracks };
}

async function jsonFiles(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && entry.name.endsWith(".json"))
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => !relative(folder, path).split(sep).some(isLitter))
      .sort();
  } catch (cause) {
    const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    throw new AudioError(
      missing ? "not-found" : "unreadable",
      `${folder} ${missing ? "does not exist" : "cannot be read"}.`,
      "Give the folder of a method's scores.",
      { cause },
    );
  }
}

function isLitter(name: string): boolean {
  return name.startsWith(".") || name === "__MACOSX";
}

/** Writes one track's scores; the file appears under its name only when it is whole. @throws FileError "unwritable". */
export async function writeTrack(path: string, scores: TrackScores): Promise<void> {
  await writeAtomically(path, writeMuseval(scores));
}
