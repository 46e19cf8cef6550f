/** The files that the first Cadenza challenge publishes beside the music: songs, listeners and segments. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { AudioError, DataError } from "../errors.ts";
import { type Listener, readListeners } from "../metrics/haaqi/listeners.ts";

/** The splits of the challenge. */
export const cadenzaSplits = ["train", "valid", "test"] as const;

/** A split of the challenge. */
export type CadenzaSplit = (typeof cadenzaSplits)[number];

/** A song of the challenge. */
export interface CadenzaSong {
  readonly name: string;
  /** Folder within `audio/musdb18hq`; validation songs lie in `train`. */
  readonly folder: "train" | "test";
}

/** Seconds of a song. */
export interface Segment {
  readonly start: number;
  readonly end: number;
}

/** What is scored, and what a panel listens to. */
export interface SongSegments {
  readonly objective: Segment;
  readonly subjective: Segment;
}

/** A song with a listener. */
export interface Pair {
  readonly song: CadenzaSong;
  readonly listener: Listener;
}

/** All that is published of one split. */
export interface Challenge {
  readonly root: string;
  readonly songs: readonly CadenzaSong[];
  readonly listeners: readonly Listener[];
  /** By song; of the test split only. */
  readonly segments: ReadonlyMap<string, SongSegments> | undefined;
}

/** Which songs and listeners; all of them where it is left out. */
export interface Choice {
  readonly songs?: readonly string[];
  readonly listeners?: readonly string[];
}

/**
 * Reads `<root>/metadata` of a split.
 * @throws AudioError "not-found" or "unreadable"; DataError naming the file and what is wrong, or a song or listener
 * that is asked for and missing.
 */
export async function openChallenge(
  root: string,
  split: CadenzaSplit,
  choice: Choice = {},
): Promise<Challenge> {
  const file = (name: string) => join(root, "metadata", name);
  const songsFile = file(`musdb18.${split}.json`);
  const listenersFile = file(`listeners.${split}.json`);
  const songs = readSongs(await textOf(songsFile), songsFile);
  const listeners = readListeners(await textOf(listenersFile), listenersFile);
  const segmentsFile = file("musdb18.segments.test.json");
  return {
    root,
    songs: chosen(songs, choice.songs, ({ name }) => name, songsFile),
    listeners: chosen([...listeners.values()], choice.listeners, ({ name }) => name, listenersFile),
    segments: split === "test" ? readSegments(await textOf(segmentsFile), segmentsFile) : undefined,
  };
}

/** Every song with every listener, songs outermost; then every n-th of these. */
export function pairsOf({ songs, listeners }: Challenge, every = 1): readonly Pair[] {
  return songs
    .flatMap((song) => listeners.map((listener) => ({ song, listener })))
    .filter((_, i) => i % every === 0);
}

/** The seed of a song's noise: the MD5 of its name, modulo 10⁸. */
export function seedOf(song: string): number {
  const digest = createHash("md5").update(song, "utf8").digest("hex");
  return Number(BigInt(`0x${digest}`) % 100_000_000n);
}

/** @throws DataError naming the file. */
export function readSongs(text: string, name: string): readonly CadenzaSong[] {
  const root = parsed(text, name);
  if (!Array.isArray(root)) throw new DataError(`${name} is no list of songs.`);
  return root.map((entry: unknown, i) => {
    const title = isObject(entry) ? entry["Track Name"] : undefined;
    const split = isObject(entry) ? entry.Split : undefined;
    // Names become folders: nothing may lead elsewhere.
    if (typeof title !== "string" || title === "" || /[/\\]|^\.+$/.test(title)) {
      throw new DataError(`Song ${i} of ${name} has no "Track Name".`);
    }
    return { name: title, folder: split === "test" ? "test" : "train" };
  });
}

/** @throws DataError naming the file. */
export function readSegments(text: string, name: string): ReadonlyMap<string, SongSegments> {
  const root = parsed(text, name);
  if (!isObject(root)) throw new DataError(`${name} holds no segments.`);
  return new Map(
    Object.entries(root).map(([song, entry]) => {
      const part = (key: string): Segment => {
        const segment = isObject(entry) ? entry[key] : undefined;
        const { start, end } = isObject(segment) ? segment : {};
        if (typeof start !== "number" || typeof end !== "number" || !(end > start && start >= 0)) {
          throw new DataError(`${song} has no ${key} with start and end in ${name}.`);
        }
        return { start, end };
      };
      const objective = part("objective_evaluation");
      return [song, { objective, subjective: part("subjective_evaluation") }];
    }),
  );
}

/** The segment in samples: whole ones, towards zero. */
export function inSamples({ start, end }: Segment, rate: number): readonly [number, number] {
  return [Math.trunc(start * rate), Math.trunc(end * rate)];
}

function chosen<T>(
  all: readonly T[],
  names: readonly string[] | undefined,
  nameOf: (item: T) => string,
  file: string,
): readonly T[] {
  for (const name of names ?? []) {
    if (!all.some((item) => nameOf(item) === name)) {
      throw new DataError(`${file} has no "${name}".`, "Names are as in the challenge's files.");
    }
  }
  return names ? all.filter((item) => names.includes(nameOf(item))) : all;
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    throw new AudioError(
      missing ? "not-found" : "unreadable",
      `${path} ${missing ? "does not exist" : "cannot be read"}.`,
      "Give the folder of the challenge's data, with metadata and audio inside.",
      { cause },
    );
  }
}

function parsed(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DataError(`${name} is not JSON.`, undefined, { cause });
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
