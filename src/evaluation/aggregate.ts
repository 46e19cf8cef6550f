/**
 * From tracks to figures. Two definitions of "SDR" circulate; both are kept, under their names:
 * - cSDR: BSS Eval v4 in frames of 1 s, median over a track's frames, then median over tracks;
 * - uSDR: global SDR of each whole track, mean over tracks.
 *
 * Values that are not finite (silence, perfection) are left out everywhere, as museval does.
 */
import { levelBands } from "../metrics/bandLevels.ts";
import { type Metric, metrics } from "../metrics/bss/criteria.ts";
import type { StemScores, TrackScores } from "./trackScores.ts";

/** Scores of one method, by track. */
export interface MethodScores {
  readonly method: string;
  readonly tracks: ReadonlyMap<string, TrackScores>;
}

/** One track and stem: medians over frames, and the numbers of the whole track; NaN where there is none. */
export interface TrackStem extends Readonly<Record<Metric, number>> {
  readonly track: string;
  readonly stem: string;
  readonly uSDR: number;
  readonly siSDR: number;
  /** Level where the true stem is silent, dB against the mixture. */
  readonly silence: number;
  /** Levels of the bands against the true stem's, dB; NaN where they are not known. */
  readonly levels: readonly number[];
  /** Mean of both ears, 0 to about 1. */
  readonly haaqi: number;
  /** Whether ISR, SIR and SAR mean something; true where it is not known. */
  readonly determined: boolean;
}

/** What a stem is worth under a method, dB. */
export interface StemSummary {
  readonly stem: string;
  readonly tracks: number;
  /** Medians over tracks of the medians over frames. `cSDR.SDR` is what is usually published. */
  readonly cSDR: Readonly<Record<Metric, number>>;
  readonly uSDRMean: number;
  readonly uSDRMedian: number;
  readonly siSDRMean: number;
  /** Mean level where the true stem is silent, over the tracks in which it ever is; dB against the mixture. */
  readonly silenceMean: number;
  /** Mean levels of the bands against the true stem's, dB; in the order of {@link levelBands}. */
  readonly levelMeans: readonly number[];
  readonly haaqiMean: number;
  /** Tracks whose ISR, SIR and SAR mean nothing. */
  readonly undetermined: number;
}

/** Figures of a method: of every stem, and of all of them. */
export interface MethodSummary {
  readonly method: string;
  readonly tracks: number;
  readonly stems: readonly StemSummary[];
  /** Arithmetic means over the four stems where all of them occur, whatever occurs beside them; else over all there are. */
  readonly meanOfStems: {
    readonly cSDR: Readonly<Record<Metric, number>>;
    readonly uSDRMean: number;
    readonly uSDRMedian: number;
    readonly siSDRMean: number;
    readonly silenceMean: number;
    readonly haaqiMean: number;
  };
}

const STEM_ORDER = ["vocals", "drums", "bass", "other"];

/** Median over frames of every track and stem, tracks in order of their names. */
export function trackStems({ tracks }: MethodScores): readonly TrackStem[] {
  return [...tracks.keys()]
    .sort()
    .flatMap((track) =>
      (tracks.get(track)?.stems ?? []).map((stem) => ({ track, ...trackFigures(stem) })),
    );
}

function trackFigures(scores: StemScores) {
  const { name, frames, globalSdr, siSdr, silence, levels, haaqi, determined } = scores;
  return {
    stem: name,
    ...byMetric((metric) => median(frames[metric])),
    uSDR: globalSdr ?? Number.NaN,
    siSDR: siSdr ?? Number.NaN,
    silence: silence ?? Number.NaN,
    levels: levelBands.map((_, band) => levels?.[band] ?? Number.NaN),
    haaqi: haaqi ?? Number.NaN,
    determined: determined ?? true,
  };
}

/** Figures of a method over all of its tracks. */
export function summarise(scores: MethodScores): MethodSummary {
  const all = trackStems(scores);
  const stems = stemNames([scores]).map((stem): StemSummary => {
    const own = all.filter((row) => row.stem === stem);
    const uSDR = own.map((row) => row.uSDR);
    return {
      stem,
      tracks: own.length,
      cSDR: byMetric((metric) => median(own.map((row) => row[metric]))),
      uSDRMean: mean(uSDR),
      uSDRMedian: median(uSDR),
      siSDRMean: mean(own.map((row) => row.siSDR)),
      silenceMean: mean(own.map((row) => row.silence)),
      levelMeans: levelBands.map((_, band) => mean(own.map((row) => row.levels[band]))),
      haaqiMean: mean(own.map((row) => row.haaqi)),
      undetermined: own.filter((row) => !row.determined).length,
    };
  });
  const four = stems.filter(({ stem }) => STEM_ORDER.includes(stem));
  const counted = four.length === STEM_ORDER.length ? four : stems;
  return {
    method: scores.method,
    tracks: scores.tracks.size,
    stems,
    meanOfStems: {
      cSDR: byMetric((metric) => mean(counted.map((stem) => stem.cSDR[metric]))),
      uSDRMean: mean(counted.map((stem) => stem.uSDRMean)),
      uSDRMedian: mean(counted.map((stem) => stem.uSDRMedian)),
      siSDRMean: mean(counted.map((stem) => stem.siSDRMean)),
      silenceMean: mean(counted.map((stem) => stem.silenceMean)),
      haaqiMean: mean(counted.map((stem) => stem.haaqiMean)),
    },
  };
}

/** Stems that occur, vocals, drums, bass, other first. */
export function stemNames(methods: readonly MethodScores[]): readonly string[] {
  const names = new Set(
    methods.flatMap(({ tracks }) =>
      [...tracks.values()].flatMap(({ stems }) => stems.map(({ name }) => name)),
    ),
  );
  const known = STEM_ORDER.filter((name) => names.has(name));
  return [...known, ...[...names].filter((name) => !STEM_ORDER.includes(name)).sort()];
}

function byMetric(value: (metric: Metric) => number): Readonly<Record<Metric, number>> {
  const [SDR, ISR, SIR, SAR] = metrics.map(value);
  return { SDR, ISR, SIR, SAR };
}

/** Median of the finite values; NaN if there is none. */
export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5);
}

/** Quantile of the finite values, 0 to 1, linear between neighbours; NaN if there is none. */
export function quantile(values: ArrayLike<number>, q: number): number {
  const sorted = finite(values).sort((a, b) => a - b);
  if (sorted.length === 0) return Number.NaN;
  const at = q * (sorted.length - 1);
  const low = sorted[Math.floor(at)];
  return low + (sorted[Math.ceil(at)] - low) * (at - Math.floor(at));
}

/** Mean of the finite values; NaN if there is none. */
export function mean(values: ArrayLike<number>): number {
  const known = finite(values);
  return known.reduce((a, b) => a + b, 0) / known.length;
}

function finite(values: ArrayLike<number>): number[] {
  return Array.from(values).filter(Number.isFinite);
}
