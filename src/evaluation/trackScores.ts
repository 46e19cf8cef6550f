/** All scores of one song under one method. */

import { bandLevels } from "../metrics/bandLevels.ts";
import { bssEval, type FrameScores } from "../metrics/bss/bssEval.ts";
import type { Source } from "../metrics/bss/criteria.ts";
import { SILENCE_SECONDS, silenceLevel } from "../metrics/silence.ts";
import { globalSdr, siSdr } from "../metrics/wholeTrack.ts";
import type { Target } from "../networks/index.ts";
import { HearingScorer, type HearingSettings, meanOfEars } from "./hearing.ts";

/** Scores of one stem. */
export interface StemScores {
  readonly name: string;
  /** BSS Eval v4 by frame, dB; NaN for frames that are silent somewhere. */
  readonly frames: FrameScores;
  /** Global SDR of the whole track, dB ("uSDR"); NaN for a silent reference; undefined in files of other programs. */
  readonly globalSdr: number | undefined;
  /** SI-SDR of the whole track, dB, both channels together. */
  readonly siSdr: number | undefined;
  /** Level of the estimate where the reference is silent, dB against the mixture, see {@link silenceLevel}. */
  readonly silence?: number | undefined;
  /** Levels of the estimate's bands against the reference's, dB, see {@link bandLevels}. */
  readonly levels?: readonly number[] | undefined;
  /** HAAQI, mean of both ears; NaN for a silent reference; undefined where nobody listened. */
  readonly haaqi?: number | undefined;
  /** Whether ISR, SIR and SAR mean something, see {@link BssScores.determined}; undefined in files of other programs. */
  readonly determined?: boolean | undefined;
}

/** All scores of a song under one method. */
export interface TrackScores {
  /** Window and hop of the frames, in seconds. */
  readonly window: number;
  readonly hop: number;
  readonly stems: readonly StemScores[];
  /** Who listened for HAAQI, and how. */
  readonly hearing?: TrackHearing | undefined;
  /** What was done to the estimates before they were scored, in words. */
  readonly notes?: readonly string[];
}

/** Who listened to a track, in a form that files keep. */
export type TrackHearing = Omit<HearingSettings, "ears">;

/** In what frames a song is scored. */
export interface ScoreOptions {
  /** Seconds; 1 and 1 by default, as the field's published numbers (cSDR). */
  readonly window?: number;
  readonly hop?: number;
  /** Score HAAQI too, each estimate through a linear hearing aid. */
  readonly hearing?: HearingSettings;
  readonly signal?: AbortSignal;
  readonly onProgress?: (fraction: number) => void;
}

/**
 * Scores a song's estimates: BSS Eval v4 (images, 512 taps, filters from the whole signal), global SDR, SI-SDR, the levels
 * of bands, and the level at silence, for which the sum of the references is the mixture.
 * @param references by stem, all of one shape; @param estimates of the same stems and shape.
 * @param sampleRate Hz, for the length of the frames.
 * @throws ArgumentError if shapes do not agree; AbortError.
 */
export async function scoreTrack(
  references: Readonly<Record<Target, Source>>,
  estimates: Readonly<Record<Target, Source>>,
  sampleRate: number,
  options: ScoreOptions = {},
): Promise<TrackScores> {
  const [scores] = await scoreMethods(references, [estimates], sampleRate, options);
  return scores;
}

/**
 * Scores several methods' estimates of a song: the same scores as one by one, but listeners hear the references once.
 * @param estimates by method and stem.
 * @throws as {@link scoreTrack}.
 */
export async function scoreMethods(
  references: Readonly<Record<Target, Source>>,
  estimates: readonly Readonly<Record<Target, Source>>[],
  sampleRate: number,
  { hearing, ...options }: ScoreOptions,
): Promise<readonly TrackScores[]> {
  const tracks: TrackScores[] = [];
  for (const own of estimates) {
    tracks.push(await bssOfTrack(references, own, sampleRate, options));
  }
  if (!hearing) return tracks;
  const haaqi = await haaqiOfStems(references, estimates, sampleRate, hearing, options.signal);
  const { name, level, noise } = hearing;
  return tracks.map(({ stems, ...track }, i) => ({
    ...track,
    hearing: { name, level, noise },
    stems: stems.map((stem) => ({ ...stem, haaqi: haaqi.get(stem.name)?.[i] })),
  }));
}

async function bssOfTrack(
  references: Readonly<Record<Target, Source>>,
  estimates: Readonly<Record<Target, Source>>,
  sampleRate: number,
  { window = 1, hop = 1, signal, onProgress }: Omit<ScoreOptions, "hearing">,
): Promise<TrackScores> {
  const names = ["vocals", "drums", "bass", "other"] as const;
  const mixture = sumOf(names.map((name) => references[name]));
  const stretches = { window: SILENCE_SECONDS * sampleRate };
  const whole = names.map((name) => ({
    globalSdr: globalSdr(references[name], estimates[name]),
    siSdr: siSdr(references[name], estimates[name]),
    silence: silenceLevel(references[name], estimates[name], mixture, stretches),
    levels: bandLevels(references[name], estimates[name], sampleRate),
  }));
  const { sources, determined } = await bssEval(
    names.map((name) => references[name]),
    names.map((name) => estimates[name]),
    {
      criteria: "images",
      filters: "whole",
      framing: { window: window * sampleRate, hop: hop * sampleRate },
      ...(signal && { signal }),
      ...(onProgress && { onProgress }),
    },
  );
  return {
    window,
    hop,
    stems: names.map((name, j) => ({
      name,
      frames: sources[j],
      ...whole[j],
      determined: determined[j],
    })),
  };
}

/** By stem and method; in the order of the Cadenza challenge, through which the noise runs on. */
async function haaqiOfStems(
  references: Readonly<Record<Target, Source>>,
  estimates: readonly Readonly<Record<Target, Source>>[],
  sampleRate: number,
  hearing: HearingSettings,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const scorer = new HearingScorer(hearing);
  const scores = new Map<string, readonly number[]>();
  for (const name of ["drums", "bass", "other", "vocals"] as const) {
    const own = estimates.map((stems) => stems[name]);
    const found = await scorer.scoreAll(references[name], own, sampleRate, "aid", signal);
    scores.set(name, found.map(meanOfEars));
  }
  return scores;
}

function sumOf(sources: readonly Source[]): Source {
  return sources[0].map((first, c) => {
    const sum = Float64Array.from(first);
    for (const source of sources.slice(1)) {
      const channel = source[c];
      for (let i = 0; i < sum.length; i++) sum[i] += channel[i];
    }
    return sum;
  });
}
