/** Opens what is trained with: finds the songs, splits them, and decodes those that are not yet in the cache. */
import { join } from "node:path";
import { AudioError, RuntimeError, throwIfAborted, XumxError } from "../../errors.ts";
import { cacheFolder } from "../../models/index.ts";
import { perTarget, type Target } from "../../networks/index.ts";
import { type CachedSong, openCachedSong } from "./cachedSong.ts";
import type { DataCrew } from "./crew.ts";
import type { Corpus } from "./drawItem.ts";
import { cacheName, type Source, songSources, soundSources } from "./sources.ts";
import {
  addMoments,
  blocksOf,
  type Magnitudes,
  type Normalisation,
  noMoments,
  normalisation,
} from "./statistics.ts";

/** Without a split of its own, every such song of a data set is held out. */
const HELD_OUT = 8;

export interface CorpusOptions {
  /** Folders of data sets. */
  readonly data: readonly string[];
  /** Folders of data sets to validate on; by default the songs of the split "valid" of `data`. */
  readonly validData?: readonly string[];
  /** Folders with single sounds, in folders named after the targets. */
  readonly sounds?: readonly string[];
  /** Where decoded songs are kept. */
  readonly cache: string;
  readonly signal?: AbortSignal;
  /** Called when a source has been decoded, or was found decoded. */
  readonly onProgress?: (done: number, total: number, name: string) => void;
}

/** A song that is left out, and why. */
export interface SourceProblem {
  readonly name: string;
  readonly error: XumxError;
}

export interface OpenedCorpus {
  readonly train: NamedCorpus;
  /** In the order of their names, data set by data set. */
  readonly valid: readonly NamedSong[];
  readonly problems: readonly SourceProblem[];
}

export interface NamedSong extends CachedSong {
  readonly name: string;
}

export interface NamedCorpus extends Corpus {
  readonly songs: readonly NamedSong[];
  readonly sounds: Readonly<Record<Target, readonly NamedSong[]>>;
}

/** Where decoded songs are kept unless said otherwise: `stems` in the {@link cacheFolder}. */
export function defaultCache(): string {
  return join(cacheFolder(), "stems");
}

/**
 * Opens a corpus.
 *
 * Training songs are those of the split "train", or all without a split; songs of "test" are never used. Validation
 * songs are those of the split "valid"; where there are none and no `validData` is given, every eighth song by name.
 *
 * @throws AudioError when a folder is missing or no song is left to train with; FileError; AbortError
 */
export async function openCorpus(crew: DataCrew, options: CorpusOptions): Promise<OpenedCorpus> {
  const problems: SourceProblem[] = [];
  const gather = async (folders: readonly string[]) => {
    const found: Source[] = [];
    for (const folder of folders) {
      const opened = await songSources(folder, options.signal);
      problems.push(...opened.problems);
      found.push(...opened.sources);
    }
    return found;
  };
  const { train, valid } = split(await gather(options.data), options.validData !== undefined);
  valid.push(...withoutTest(await gather(options.validData ?? [])));
  const sounds: Source[] = [];
  for (const folder of options.sounds ?? []) sounds.push(...(await soundSources(folder)));

  const decoded = await decodeAll(crew, [...train, ...valid, ...sounds], options, problems);
  const opened = (sources: readonly Source[]) =>
    sources.flatMap((source): NamedSong[] => {
      const song = decoded.get(source);
      return song ? [{ ...song, name: source.name }] : [];
    });
  const songs = opened(train);
  if (songs.length === 0) {
    const first = problems[0];
    throw new AudioError(
      "not-found",
      `There are no songs to train with in ${options.data.join(", ")}${first ? `: ${first.error.message}` : "."}`,
      first?.error.hint ?? "Songs of a test split are never trained with.",
    );
  }
  const soundsOf = (target: Target) =>
    opened(sounds.filter((source) => source.kind === "sound" && source.target === target));
  return {
    train: { songs, sounds: perTarget(soundsOf) },
    valid: opened(valid),
    problems,
  };
}

function split(songs: readonly Source[], allToTrain: boolean) {
  const splitOf = (source: Source) => (source.kind === "song" ? source.split : undefined);
  const usable = withoutTest(songs);
  const valid = usable.filter((source) => splitOf(source) === "valid");
  const train = usable.filter((source) => splitOf(source) !== "valid");
  if (valid.length > 0 || allToTrain || train.length < 2) return { train, valid };
  const heldOut = (i: number) => i % HELD_OUT === HELD_OUT - 1 || i === train.length - 1;
  return {
    train: train.filter((_, i) => !heldOut(i)),
    valid: train.filter((_, i) => heldOut(i)),
  };
}

function withoutTest(songs: readonly Source[]): Source[] {
  return songs.filter((source) => source.kind === "song" && source.split !== "test");
}

async function decodeAll(
  crew: DataCrew,
  sources: readonly Source[],
  { cache, signal, onProgress }: CorpusOptions,
  problems: SourceProblem[],
): Promise<ReadonlyMap<Source, CachedSong>> {
  const decoded = new Map<Source, CachedSong>();
  let next = 0;
  let done = 0;
  const work = async () => {
    while (next < sources.length) {
      throwIfAborted(signal);
      const source = sources[next++];
      try {
        decoded.set(source, await decodeOne(crew, source, cache, signal));
      } catch (error) {
        // One bad song does not end a training; a full disk does.
        if (!(error instanceof XumxError) || endsAll(error)) throw error;
        problems.push({ name: source.name, error });
      }
      onProgress?.(++done, sources.length, source.name);
    }
  };
  await Promise.all(Array.from({ length: crew.size }, work));
  return decoded;
}

function endsAll(error: XumxError): boolean {
  return error instanceof RuntimeError || ["unwritable", "aborted", "closed"].includes(error.code);
}

async function decodeOne(
  crew: DataCrew,
  source: Source,
  cache: string,
  signal: AbortSignal | undefined,
): Promise<CachedSong> {
  const path = join(cache, await cacheName(source));
  const known = await openCachedSong(path);
  if (known) return known;
  return crew.ask("decode", { source, path }, { signal });
}

/**
 * The input normalisation of a corpus (docs/mathematics.md, 5.2): over the whole mixtures of all songs.
 *
 * @throws AbortError
 */
export async function corpusNormalisation(
  crew: DataCrew,
  of: Magnitudes,
  songs: readonly CachedSong[],
  signal?: AbortSignal,
): Promise<readonly Normalisation[]> {
  const total = noMoments(blocksOf(of));
  // Merged in the order of the songs, whichever is ready first; few are under way, so that none pile up.
  const underWay: Promise<void>[] = [];
  let merged = Promise.resolve();
  for (const [i, song] of songs.entries()) {
    throwIfAborted(signal);
    if (i >= crew.size) await underWay[i - crew.size];
    const asked = crew.ask("moments", { of, song }, { signal });
    merged = Promise.all([asked, merged]).then(([moments]) => addMoments(total, moments));
    // Its failure is thrown where it is awaited.
    merged.catch(() => {});
    underWay.push(merged);
  }
  await merged;
  return normalisation(total);
}
