/** Opens folders of songs, told by what lies in them. */
import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import { AudioError, DataError, throwIfAborted, XumxError } from "../errors.ts";
import { isAudioName } from "./files.ts";
import { type Part, parts, type Song, type Split, splits } from "./song.ts";
import { CONTAINER_ENDING, StemContainer } from "./stemContainer.ts";
import { StemFiles } from "./stemFiles.ts";
import { validationSongs } from "./validation.ts";

/** Folders within folders that are searched. */
const DEPTH = 4;

/** A song that could not be opened. */
export interface SongProblem {
  readonly name: string;
  readonly error: XumxError;
}

/** A folder of songs with stems. */
export interface Dataset {
  /** Absolute path of the folder. */
  readonly path: string;
  /** In alphabetical order of their names (UTF-16 code units, the same everywhere). */
  readonly songs: readonly Song[];
  /** What looks like a song and cannot be opened. */
  readonly problems: readonly SongProblem[];
}

/** A song found in the tree, not yet opened. */
interface Found {
  readonly name: string;
  readonly split: Split | undefined;
  readonly open: () => Promise<Song>;
}

/**
 * Opens a data set. Within the folder, up to four levels deep, a song is
 * - a file `<name>.stem.mp4` (MUSDB18; decoded by ffmpeg), or
 * - a folder with at least one of `mixture`, `bass`, `vocals`, `other`, `drums` as `.wav`, `.w64`, `.aif`, `.flac`,
 *   `.mp3`, `.ogg` or `.opus`, or as `.m4a` or `.aac` (decoded by ffmpeg).
 *
 * The nearest folder above it named `train`, `valid` or `test` gives its split; MUSDB18's 14 validation songs in
 * `train` belong to `valid`. Names are told in Unicode's composed form (NFC), however the file system writes them, so
 * that songs of two data sets find each other. Only headers are read, and of `.stem.mp4` files not even those.
 * @throws AudioError "not-found" if the folder is missing or holds no song, "unreadable"; DataError if two
 * songs have one name; AbortError.
 */
export async function openDataset(path: string, signal?: AbortSignal): Promise<Dataset> {
  const root = resolve(path);
  const found: Found[] = [];
  await search(root, splitOf(basename(root)), DEPTH, found, signal);
  const unique = withUniqueNames(root, found);
  const songs: Song[] = [];
  const problems: SongProblem[] = [];
  for (const { name, open } of unique) {
    throwIfAborted(signal);
    try {
      songs.push(await open());
    } catch (error) {
      if (!(error instanceof XumxError)) throw error;
      problems.push({ name, error });
    }
  }
  if (songs.length + problems.length === 0) {
    throw new AudioError(
      "not-found",
      `${path} holds no songs.`,
      `Expected are folders with ${parts.join(", ")} as .wav, or files ending in ${CONTAINER_ENDING}.`,
    );
  }
  return { path: root, songs, problems };
}

/** The songs of a split. @throws AudioError "not-found" if there is none. */
export function songsOf(dataset: Dataset, split: Split): readonly Song[] {
  const songs = dataset.songs.filter((song) => song.split === split);
  if (songs.length === 0) {
    const there = new Set(dataset.songs.map((song) => song.split ?? "none"));
    throw new AudioError(
      "not-found",
      `${dataset.path} has no songs of the split "${split}"; its songs have: ${[...there].join(", ")}.`,
      "Splits come from folders named train, valid and test.",
    );
  }
  return songs;
}

async function search(
  folder: string,
  split: Split | undefined,
  depth: number,
  found: Found[],
  signal: AbortSignal | undefined,
): Promise<void> {
  throwIfAborted(signal);
  const entries = await list(folder);
  const files = new Map<Part, string>();
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (await isFolder(entry, path)) {
      if (depth > 0) await search(path, splitOf(entry.name) ?? split, depth - 1, found, signal);
      continue;
    }
    const { name } = entry;
    if (name.toLowerCase().endsWith(CONTAINER_ENDING)) {
      const song = name.slice(0, -CONTAINER_ENDING.length).normalize("NFC");
      const own = withValidation(song, split);
      found.push({
        name: song,
        split: own,
        open: async () => new StemContainer(song, own, path),
      });
      continue;
    }
    const part = parts.find((p) => p === basename(name, extname(name)).toLowerCase());
    // The first in order of name wins: vocals.flac before vocals.wav.
    if (part && isAudioName(name) && !files.has(part)) files.set(part, path);
  }
  if (files.size > 0) {
    const name = basename(folder).normalize("NFC");
    const own = withValidation(name, split);
    found.push({ name, split: own, open: () => StemFiles.open({ name, split: own, files }) });
  }
}

async function list(folder: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => !entry.name.startsWith(".")).sort(byName);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "ENOENT") {
      throw new AudioError("not-found", `${folder} does not exist.`, "Check the path.", { cause });
    }
    const reason = code === "ENOTDIR" ? "is not a folder" : `cannot be read (${code})`;
    throw new AudioError("unreadable", `${folder} ${reason}.`, "Give the folder of a data set.", {
      cause,
    });
  }
}

/** Follows links; what cannot be looked at is no folder. */
async function isFolder(entry: Dirent, path: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}

function splitOf(folder: string): Split | undefined {
  return splits.find((split) => split === folder.toLowerCase());
}

function withValidation(name: string, split: Split | undefined): Split | undefined {
  return split === "train" && validationSongs.has(name) ? "valid" : split;
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** @throws DataError if two songs have one name: results could not be told apart. */
function withUniqueNames(root: string, found: readonly Found[]): readonly Found[] {
  const sorted = [...found].sort(byName);
  const twin = sorted.find((song, i) => i > 0 && sorted[i - 1].name === song.name);
  if (twin) {
    throw new DataError(
      `${root} holds two songs named "${twin.name}".`,
      "Give a folder with one version of every song, such as one split.",
    );
  }
  return sorted;
}
