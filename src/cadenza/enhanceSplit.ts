/** Enhances a split: each song is separated once, then made for every listener, for several at a time. */
import { join } from "node:path";
import { type Dataset, openDataset, type Song, type SongStems } from "../datasets/index.ts";
import { AudioError, DataError, throwIfAborted, XumxError } from "../errors.ts";
import { type Method, type MethodSpec, openMethod } from "../evaluation/methods.ts";
import type { Listener } from "../metrics/haaqi/listeners.ts";
import { asTheyEnd } from "../threads/index.ts";
import { MUSIC_RATE } from "./enhance.ts";
import { openEnhancePool, sharedStems } from "./enhancePool.ts";
import type { ListenerJob } from "./enhanceService.ts";
import {
  type CadenzaSong,
  type CadenzaSplit,
  type Choice,
  openChallenge,
  pairsOf,
  type SongSegments,
} from "./metadata.ts";
import { isComplete, signalsFolder } from "./submission.ts";
import { checkSubmission, writeSubmission } from "./submissionZip.ts";

/** What is enhanced, by what, and where it goes. */
export interface EnhanceOptions extends Choice {
  readonly root: string;
  readonly split: CadenzaSplit;
  /** A model, or a folder of estimates. */
  readonly method: MethodSpec;
  readonly out: string;
  /** False by default, as in the challenge. */
  readonly compressor?: boolean;
  /** Every n-th pair of song and listener; 1 by default. */
  readonly every?: number;
  /** Listeners worked on at once; 1 by default. */
  readonly jobs?: number;
  /** Of the test split: the team for whose submission all is zipped in the end, see {@link writeSubmission}. */
  readonly zip?: string;
  readonly signal?: AbortSignal;
}

/** What happened to a song for a listener, or that the submission has been zipped. */
export type EnhanceEvent =
  | {
      readonly kind: "enhanced" | "skipped";
      readonly song: string;
      readonly listener: string;
      readonly done: number;
      readonly total: number;
    }
  | { readonly kind: "zipped"; readonly path: string };

/**
 * Enhances all pairs; those that are complete are skipped.
 * @throws XumxError for metadata, music, models and outputs that cannot be used, ArgumentError where another split is to
 * be zipped; AbortError.
 */
export async function* enhanceSplit(options: EnhanceOptions): AsyncGenerator<EnhanceEvent> {
  const { root, split, out, compressor = false, every = 1, jobs = 1, zip, signal } = options;
  if (zip !== undefined) checkSubmission(zip, split);
  const challenge = await openChallenge(root, split, options);
  const folder = signalsFolder(out, split);
  const pairs = pairsOf(challenge, every);
  const music = new Music(root);
  await using method = await openMethod(options.method);
  await using pool = openEnhancePool(jobs);
  let done = 0;
  for (const song of challenge.songs) {
    throwIfAborted(signal);
    const segments = segmentsOf(challenge.segments, song);
    const left: Listener[] = [];
    const eventOf = ({ name }: Listener) => ({
      song: song.name,
      listener: name,
      total: pairs.length,
      done: ++done,
    });
    for (const { listener } of pairs.filter((pair) => pair.song === song)) {
      if (await isComplete(folder, listener, song.name)) {
        yield { kind: "skipped", ...eventOf(listener) };
      } else left.push(listener);
    }
    if (left.length === 0) continue;
    const found = await separated(method, await music.song(song), signal);
    const stems = jobs > 1 ? sharedStems(found) : found;
    const settings = { compressor, ...(segments && { segments }) };
    const work = left.map(
      (listener): ListenerJob => ({ listener, song: song.name, stems, settings, folder }),
    );
    for await (const { job, outcome } of asTheyEnd(pool, "enhance", work, (job) => job, signal)) {
      if (outcome instanceof XumxError) throw outcome;
      yield { kind: "enhanced", ...eventOf(job.listener) };
    }
  }
  if (zip !== undefined) {
    yield { kind: "zipped", path: await writeSubmission(out, zip, pairs, signal) };
  }
}

/** @throws DataError if a split that has segments has none for the song. */
export function segmentsOf(
  segments: ReadonlyMap<string, SongSegments> | undefined,
  { name }: CadenzaSong,
): SongSegments | undefined {
  const found = segments?.get(name);
  if (segments && !found) throw new DataError(`The segments' file has no "${name}".`);
  return found;
}

/** Stems by name; the truth is given to nobody. */
async function separated(
  method: Method,
  song: Song,
  signal: AbortSignal | undefined,
): Promise<SongStems> {
  if (song.sampleRate !== MUSIC_RATE) {
    throw new DataError(
      `${song.name} has ${song.sampleRate} Hz.`,
      "The challenge's music is MUSDB18-HQ: stereo at 44.1 kHz.",
    );
  }
  const mixture = await song.read("mixture", signal);
  const zeros = new Float32Array(mixture[0].length);
  const silence = [zeros, zeros] as const;
  const stems = { bass: silence, vocals: silence, other: silence, drums: silence };
  return method.estimate({ song, mixture, stems, ...(signal && { signal }) });
}

/** The challenge's music, folder by folder. */
class Music {
  readonly #root: string;
  readonly #folders = new Map<string, Dataset>();

  constructor(root: string) {
    this.#root = root;
  }

  async song({ name, folder }: CadenzaSong): Promise<Song> {
    const path = join(this.#root, "audio", "musdb18hq", folder);
    const dataset = this.#folders.get(folder) ?? (await openDataset(path));
    this.#folders.set(folder, dataset);
    const song = dataset.songs.find((candidate) => candidate.name === name);
    if (song) return song;
    throw (
      dataset.problems.find((problem) => problem.name === name)?.error ??
      new AudioError(
        "not-found",
        `${path} has no song "${name}".`,
        "It holds MUSDB18-HQ's folders.",
      )
    );
  }
}
