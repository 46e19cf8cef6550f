/** Pictures of what a signal sounds like: its sliCQ magnitudes over time, low frequencies at the bottom. */
import {
  type EncodedImage,
  type LevelGrid,
  paintLevels,
  planView,
  signalLevels,
} from "../../pictures/index.ts";
import type { SliCQTPlan } from "../../transforms/slicqt/index.ts";

/** Below the loudest point, dB: black. */
const RANGE = 80;

/** Pixels. */
export interface SpectrogramSize {
  readonly width: number;
  readonly height: number;
}

/** Small enough for thousands of epochs. */
const usual: SpectrogramSize = { width: 600, height: 260 };

/**
 * The picture of a signal.
 *
 * @param plan whose scale is the frequency axis
 * @param channels samples at 44.1 kHz, at least one
 * @param loudest amplitude of a tone that is white; by default the signal's own largest, give one to compare pictures
 */
export function spectrogram(
  plan: SliCQTPlan,
  channels: readonly Float32Array[],
  size: SpectrogramSize = usual,
  loudest?: number,
): EncodedImage {
  const grid = signalLevels(planView(plan.options), channels, size);
  const max = 20 * Math.log10(loudest ?? largest(grid));
  return paintLevels(grid, { max, range: RANGE });
}

/** Largest magnitude that {@link spectrogram} would find, to be the white of several pictures. */
export function largestMagnitude(plan: SliCQTPlan, channels: readonly Float32Array[]): number {
  return largest(signalLevels(planView(plan.options), channels, usual));
}

function largest({ levels }: LevelGrid): number {
  return levels.reduce((most, level) => Math.max(most, 10 ** (level / 20)), 1e-9);
}
