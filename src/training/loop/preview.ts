/** How the stems sound by now: validation clips are separated, scored, and some shown. */
import type { Model } from "../../models/index.ts";
import { type Target, targets } from "../../networks/index.ts";
import { Separator } from "../../separation/index.ts";
import { SAMPLE_RATE, type SliCQTPlan } from "../../transforms/slicqt/index.ts";
import { type Crop, readCrop } from "../data/index.ts";
import type { StereoSamples } from "../data/stereo.ts";
import {
  encodeClip,
  largestMagnitude,
  type Summary,
  scalar,
  spectrogram,
} from "../events/index.ts";

export interface PreviewSettings {
  readonly threads: number;
  /** Whether pictures and sound are wanted too, not only scores. */
  readonly media: boolean;
  readonly signal?: AbortSignal;
}

export interface Preview {
  /** Mean over the clips of the signal-to-distortion ratio of every target that sounds in them, dB. */
  readonly sdr: Readonly<Partial<Record<Target, number>>>;
  readonly summaries: readonly Summary[];
}

/**
 * Separates clips with a model and says how well.
 *
 * The ratio is 10·log10(Σ s² / Σ (s − e)²) over both channels of a clip; targets that are silent in a clip do not
 * count there.
 *
 * @param clips of which the first is shown
 */
export async function preview(
  model: Model,
  plan: SliCQTPlan,
  clips: readonly Crop[],
  settings: PreviewSettings,
): Promise<Preview> {
  await using separator = await Separator.create(model, { threads: settings.threads });
  const scores = new Map<Target, number[]>(targets.map((target) => [target, []]));
  const summaries: Summary[] = [];
  for (const [i, clip] of clips.entries()) {
    const { stems, mixture = sumOf(stems) } = readCrop(clip);
    const estimates = await separator.separate([mixture[0], mixture[1]], {
      ...(settings.signal && { signal: settings.signal }),
    });
    for (const [j, target] of targets.entries()) {
      if (!separator.stems.includes(target)) continue;
      const ratio = signalToDistortion(stems[j], estimates[target]);
      if (ratio !== undefined) scores.get(target)?.push(ratio);
      if (i > 0 || !settings.media) continue;
      summaries.push(...show(plan, target, stems[j], estimates[target]));
    }
  }
  const sdr: Partial<Record<Target, number>> = {};
  for (const [target, values] of scores) {
    if (values.length > 0) sdr[target] = mean(values);
  }
  const each = Object.entries(sdr).map(([target, value]) => scalar(`sdr/${target}`, value));
  if (each.length > 0) summaries.push(...each, scalar("sdr/mean", mean(Object.values(sdr))));
  return { sdr, summaries };
}

/** Clips of songs: `seconds` from the middle of each. */
export function clipsOf(
  songs: readonly Pick<Crop["song"], "path" | "frames" | "parts">[],
  seconds: number,
): readonly Crop[] {
  return songs.map((song) => {
    const samples = Math.min(song.frames, Math.round(seconds * SAMPLE_RATE));
    return { song, start: Math.floor((song.frames - samples) / 2), samples };
  });
}

function show(
  plan: SliCQTPlan,
  target: Target,
  truth: readonly Float32Array[],
  estimate: StereoSamples,
): Summary[] {
  // Both pictures in the same colours, as loud as the truth.
  const white = largestMagnitude(plan, truth);
  const picture = (kind: string, channels: readonly Float32Array[]): Summary => ({
    kind: "image",
    tag: `${target}/${kind}`,
    image: spectrogram(plan, channels, undefined, white),
  });
  const sound = (kind: string, channels: readonly Float32Array[]): Summary => {
    const start = channels.map((channel) => channel.subarray(0, 5 * SAMPLE_RATE));
    return { kind: "audio", tag: `${target}/${kind}`, audio: encodeClip(start, SAMPLE_RATE) };
  };
  return [
    picture("estimate", estimate),
    picture("truth", truth),
    sound("estimate", estimate),
    sound("truth", truth),
  ];
}

function sumOf(stems: readonly (readonly Float32Array[])[]): readonly Float32Array[] {
  return [0, 1].map((c) => {
    const sum = stems[0][c].slice();
    for (const stem of stems.slice(1)) {
      for (let i = 0; i < sum.length; i++) sum[i] += stem[c][i];
    }
    return sum;
  });
}

/** dB; undefined for a silent truth. */
function signalToDistortion(
  truth: readonly Float32Array[],
  estimate: readonly Float32Array[],
): number | undefined {
  let signal = 0;
  let distortion = 0;
  for (const [c, channel] of truth.entries()) {
    for (let i = 0; i < channel.length; i++) {
      signal += channel[i] ** 2;
      distortion += (channel[i] - estimate[c][i]) ** 2;
    }
  }
  return signal > 0 ? 10 * Math.log10(signal / Math.max(distortion, 1e-10 * signal)) : undefined;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
