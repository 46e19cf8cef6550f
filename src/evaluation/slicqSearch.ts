/**
 * A random search for the sliCQT in which an oracle does best: how well a separator of that transform could do at
 * most. Trial k is drawn from the seed and k alone, so a search goes on where it stopped.
 */
import { appendFile, readFile } from "node:fs/promises";
import {
  readStems,
  type Song,
  type SongStems,
  type Stereo,
  sumOfStems,
} from "../datasets/index.ts";
import { ArgumentError, AudioError, throwIfAborted, XumxError } from "../errors.ts";
import { unwritable } from "../files/index.ts";
import { globalSdr } from "../metrics/wholeTrack.ts";
import { perTarget, type Target, targets } from "../networks/index.ts";
import { layOut } from "../transforms/slicqt/geometry.ts";
import { type ScaleName, scaleBands } from "../transforms/slicqt/index.ts";
import { mean } from "./aggregate.ts";
import { makeOracle, type OracleName } from "./oracles/oracle.ts";

/** The transforms that a search draws from. */
export interface SearchSpace {
  readonly scales: readonly ScaleName[];
  /** Least and most bins. */
  readonly bins: readonly [number, number];
  /** First and last lowest frequency and their distance, Hz. */
  readonly fmins: readonly [from: number, to: number, step: number];
  /** Longest slice in samples; longer ones are drawn again. */
  readonly maxSlice: number;
  readonly oracle: Exclude<OracleName, "mixture">;
  readonly seed: number;
}

/** The original's search (docs/mathematics.md, 6). */
export const originalSearch: SearchSpace = {
  scales: ["bark", "mel", "cqlog"],
  bins: [10, 300],
  fmins: [10, 130, 0.1],
  maxSlice: 44100,
  oracle: "wiener-em",
  seed: 42,
};

/** A transform that was tried, and what it scored. */
export interface Trial {
  readonly index: number;
  /** Such as "bark-262-32.9". */
  readonly transform: string;
  readonly sliceLength: number;
  /** Global SDR of every target, mean over songs, dB. */
  readonly uSDR: Readonly<Record<Target, number>>;
  /** Mean of the targets. */
  readonly mean: number;
}

/** Samples that are kept in memory between trials; the rest is decoded again. */
const CACHE_SAMPLES = 1e8;

/**
 * The transform of a trial.
 * @throws ArgumentError if the space has no valid transform, or none that is easily found.
 */
export function drawTransform(
  space: SearchSpace,
  index: number,
): { name: string; sliceLength: number } {
  checkSpace(space);
  const random = generator(space.seed, index);
  const [least, most] = space.bins;
  const [from, to, step] = space.fmins;
  const steps = Math.floor((to - from) / step + 1e-9) + 1;
  for (let attempt = 0; attempt < 1000; attempt++) {
    const scale = space.scales[Math.floor(random() * space.scales.length)];
    const bins = least + Math.floor(random() * (most - least + 1));
    const fmin = Number((from + step * Math.floor(random() * steps)).toFixed(6));
    const sliceLength = sliceLengthOf(scale, bins, fmin);
    if (sliceLength !== undefined && sliceLength <= space.maxSlice) {
      return { name: scale === "mrstft" ? scale : `${scale}-${bins}-${fmin}`, sliceLength };
    }
  }
  throw new ArgumentError(
    `No transform with slices of at most ${space.maxSlice} samples was found.`,
    "Allow longer slices, higher frequencies or fewer bins.",
  );
}

function sliceLengthOf(scale: ScaleName, bins: number, fmin: number): number | undefined {
  try {
    return layOut(scaleBands({ scale, bins, fmin })).sliceLength;
  } catch (error) {
    // Some combinations make no frame.
    if (error instanceof XumxError) return undefined;
    throw error;
  }
}

function checkSpace({ scales, bins, fmins }: SearchSpace): void {
  const [least, most] = bins;
  const [from, to, step] = fmins;
  const whole = Number.isInteger(least) && Number.isInteger(most);
  if (scales.length === 0 || !whole || least < 2 || most < least) {
    throw new ArgumentError(
      `Bins ${bins.join(" to ")} of ${scales.length} scales cannot be searched.`,
      "Give at least one scale, and two whole numbers from 2 on, the lesser first.",
    );
  }
  if (!(from > 0 && to >= from && step > 0)) {
    throw new ArgumentError(
      `Lowest frequencies from ${from} to ${to} Hz in steps of ${step} Hz cannot be searched.`,
    );
  }
}

/** Uniform numbers in [0, 1) from a seed and a trial's number (splitmix32). */
function generator(seed: number, index: number): () => number {
  let state = (Math.imul(seed, 0x9e3779b9) ^ Math.imul(index + 1, 0x85ebca6b)) >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let x = state;
    x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
    return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32;
  };
}

/**
 * Scores the oracle in one transform: uSDR of every target, mean over songs. The mixture is the sum of the stems.
 * @throws what reading songs throws; AbortError.
 */
export async function scoreTransform(
  transform: string,
  oracle: OracleName,
  songs: Iterable<() => Promise<{ readonly stems: SongStems; readonly sampleRate: number }>>,
  signal?: AbortSignal,
): Promise<Pick<Trial, "uSDR" | "mean">> {
  const { estimate } = makeOracle(oracle, transform);
  const values = perTarget((): number[] => []);
  for (const read of songs) {
    throwIfAborted(signal);
    const { stems, sampleRate } = await read();
    const mixture: Stereo = sumOfStems(stems);
    const estimates = await estimate(mixture, stems, sampleRate, signal);
    for (const target of targets) values[target].push(globalSdr(stems[target], estimates[target]));
  }
  const uSDR = perTarget((target) => mean(values[target]));
  return { uSDR, mean: mean(targets.map((target) => uSDR[target])) };
}

/**
 * Runs trials 0 … count−1 and gives each in its turn; those that the state file holds are not computed again.
 * @param state path of a file of JSON lines: the search space, then a trial per line. Made where it is missing.
 * @throws ArgumentError if the file belongs to another search; what {@link scoreTransform} throws; AbortError.
 */
export async function* searchSlicq(
  space: SearchSpace,
  songs: readonly Song[],
  count: number,
  state: string | undefined,
  signal?: AbortSignal,
): AsyncGenerator<Trial> {
  checkSpace(space);
  const known = state === undefined ? new Map() : await readState(state, space, songs);
  const readers = cachedReaders(songs, signal);
  for (let index = 0; index < count; index++) {
    throwIfAborted(signal);
    let trial = known.get(index);
    if (!trial) {
      const { name: transform, sliceLength } = drawTransform(space, index);
      const scores = await scoreTransform(transform, space.oracle, readers, signal);
      trial = { index, transform, sliceLength, ...scores };
      if (state !== undefined) await append(state, trial);
    }
    yield trial;
  }
}

/** Readers of the songs' stems that keep in memory what fits. */
function cachedReaders(songs: readonly Song[], signal: AbortSignal | undefined) {
  let room = CACHE_SAMPLES;
  return songs.map((song) => {
    let kept: SongStems | undefined;
    return async () => {
      const stems = kept ?? (await readStems(song, signal));
      const size = 8 * stems.bass[0].length;
      if (!kept && size <= room) {
        kept = stems;
        room -= size;
      }
      return { stems, sampleRate: song.sampleRate };
    };
  });
}

/** Trials of an earlier run. A last line that was cut off is ignored. */
async function readState(
  path: string,
  space: SearchSpace,
  songs: readonly Song[],
): Promise<Map<number, Trial>> {
  const head = { search: { ...space, songs: songs.map(({ name }) => name) } };
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") {
      await append(path, head);
      return new Map();
    }
    throw new AudioError("unreadable", `${path} cannot be read.`, undefined, { cause });
  }
  const [first, ...lines] = text.split("\n");
  if (first !== JSON.stringify(head)) {
    throw new ArgumentError(
      `${path} belongs to another search: its settings or songs differ.`,
      "Choose another state file, or repeat the settings of that search.",
    );
  }
  const trials = new Map<number, Trial>();
  for (const line of lines) {
    const trial = parseTrial(line);
    if (trial) trials.set(trial.index, trial);
  }
  // What was cut off must not run into the next line.
  if (!text.endsWith("\n")) await append(path, undefined);
  return trials;
}

function parseTrial(line: string): Trial | undefined {
  try {
    const trial: Trial | null = JSON.parse(line);
    return typeof trial?.index === "number" && typeof trial.mean === "number" ? trial : undefined;
  } catch {
    return undefined;
  }
}

/** Adds a line; undefined ends one. */
async function append(path: string, value: unknown): Promise<void> {
  try {
    await appendFile(path, `${value === undefined ? "" : JSON.stringify(value)}\n`);
  } catch (cause) {
    throw unwritable(path, cause);
  }
}
