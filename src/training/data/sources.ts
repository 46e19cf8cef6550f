/** What is to be decoded: the songs of data sets, and single sounds of one target, with the files they consist of. */
import { createHash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import { isAudioName } from "../../datasets/files.ts";
import { type Dataset, openDataset, type Part, type Split } from "../../datasets/index.ts";
import { AudioError } from "../../errors.ts";
import { type Target, targets } from "../../networks/index.ts";
import { CACHE_VERSION } from "./cachedSong.ts";

/** A song of a data set, or a file with a sound of one target. */
export type Source =
  | {
      readonly kind: "song";
      readonly name: string;
      /** Folder of the data set. */
      readonly dataset: string;
      readonly split: Split | undefined;
      /** Files that its samples depend on. */
      readonly files: readonly string[];
    }
  | {
      readonly kind: "sound";
      readonly name: string;
      readonly target: Target;
      readonly files: readonly [string];
    };

/**
 * The songs of a data set.
 *
 * @throws what {@link openDataset} throws
 */
export async function songSources(
  folder: string,
  signal?: AbortSignal,
): Promise<{ readonly sources: readonly Source[]; readonly problems: Dataset["problems"] }> {
  const dataset = await openDataset(folder, signal);
  const files = await filesIn(dataset.path);
  const sources = dataset.songs.map(({ name, split }): Source => {
    const own = files.filter((file) => songOf(file) === name);
    return { kind: "song", name, dataset: dataset.path, split, files: own };
  });
  return { sources, problems: dataset.problems };
}

/** The name of the song that a file belongs to. */
function songOf(file: string): string {
  const container = /^(.*)\.stem\.mp4$/i.exec(basename(file))?.[1];
  return container ?? basename(dirname(file));
}

/**
 * The sounds in folders named after the targets, at any depth below them; folders that are missing hold none.
 *
 * @throws AudioError "not-found" when there are no sounds at all
 */
export async function soundSources(folder: string): Promise<readonly Source[]> {
  const sources: Source[] = [];
  for (const target of targets) {
    const root = join(resolve(folder), target);
    for (const file of await filesIn(root)) {
      if (!isAudioName(file)) continue;
      sources.push({ kind: "sound", name: relative(root, file), target, files: [file] });
    }
  }
  if (sources.length === 0) {
    throw new AudioError(
      "not-found",
      `${folder} holds no sounds.`,
      `Expected are folders named ${targets.join(", ")} with audio files in them.`,
    );
  }
  return sources;
}

/** Name of the file that a source is decoded to: it changes when a file of the source does. */
export async function cacheName(source: Source): Promise<string> {
  const hash = createHash("sha256");
  const kept: Part | "song" = source.kind === "song" ? "song" : source.target;
  hash.update(`${CACHE_VERSION}\n${kept}\n`);
  for (const file of source.files) {
    const { size, mtimeMs } = await stat(file);
    hash.update(`${file}\n${size}\n${mtimeMs}\n`);
  }
  const readable = source.name.replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 40);
  return `${readable}-${hash.digest("hex").slice(0, 24)}.stems`;
}

/** All files below a folder, sorted; none where it is missing. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  return entries
    .filter((entry) => !entry.isDirectory() && extname(entry.name) !== "")
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
