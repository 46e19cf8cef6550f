/**
 * The transform of a picture: a sliCQT with the scale's bands and slices, but with wider windows.
 *
 * The separator's windows end at the neighbouring bands, so a tone half-way between two bands is 13 dB down in both.
 * Here each window spans five bands and is a Blackman-Harris bump in the scale's own warping, whatever the scale. Its
 * logarithm is nearly a parabola: a cubic through the levels of four bands finds the level of a tone between them
 * within 0.3 dB (see levelGrid.ts). Tones decay within two and a half bands, and there are no echoes in time.
 */
import {
  planSliCQT,
  SAMPLE_RATE,
  type ScaleOptions,
  type SliCQTPlan,
} from "../transforms/slicqt/index.ts";
import { type FrequencyWarp, frequencyWarp } from "./frequencyWarp.ts";

/** Bands under a window. */
const SPAN = 5;

export interface ViewPlan {
  /** Bins are the scale's bands without DC and Nyquist. For the forward transform only: there are no dual windows. */
  readonly transform: SliCQTPlan;
  readonly warp: FrequencyWarp;
}

/** @throws {ArgumentError} if the options make no valid transform. */
export function planView(options: ScaleOptions): ViewPlan {
  const plan = planSliCQT(options);
  const warp = frequencyWarp(options);
  const bands = plan.coefs.length - 2;
  const positions = plan.positions.slice(1, bands + 1);
  const analysis = Array.from(positions, (position, band) =>
    bandWindow(warp, plan.sliceLength, position, band),
  );
  const coefs = Int32Array.from(analysis, (window) => window.length);
  const transform: SliCQTPlan = {
    ...plan,
    frequencies: plan.frequencies.slice(1, bands + 1),
    positions,
    coefs,
    analysis,
    blocks: blocksOf(coefs),
    coefsPerSlice: coefs.reduce((sum, length) => sum + length, 0),
    plateaus: [],
    // Never used: pictures are not turned back into sound.
    dual: analysis.map((window) => new Float64Array(window.length)),
  };
  return { transform, warp };
}

/** Around a position of the slice's spectrum, in FFT order: offsets 0, 1, …, then the negative ones. */
function bandWindow(
  warp: FrequencyWarp,
  sliceLength: number,
  position: number,
  band: number,
): Float32Array {
  const unit = SAMPLE_RATE / sliceLength;
  const lowest = Math.max(0, warp.toHertz(band - SPAN / 2) / unit);
  const highest = Math.min(sliceLength / 2, warp.toHertz(band + SPAN / 2) / unit);
  const reach = Math.max(position - lowest, highest - position);
  const length = Math.min(sliceLength, 4 * Math.ceil((reach + 1) / 2));
  return Float32Array.from({ length }, (_, i) => {
    const at = position + (i < length / 2 ? i : i - length);
    if (at <= 0 || at >= sliceLength / 2) return 0;
    return bump((warp.toBand(at * unit) - band) / SPAN);
  });
}

/** Blackman-Harris over ±½, 1 in the middle and 0 at the ends; the terms are the transform's own. */
function bump(x: number): number {
  if (!(Math.abs(x) < 0.5)) return 0;
  const turn = 2 * Math.PI * x;
  return (
    0.35872 + 0.48832 * Math.cos(turn) + 0.14128 * Math.cos(2 * turn) + 0.01168 * Math.cos(3 * turn)
  );
}

/** Runs of bins with windows of equal length. */
function blocksOf(coefs: Int32Array): SliCQTPlan["blocks"] {
  const blocks: { first: number; bins: number; coefs: number }[] = [];
  for (const [bin, length] of coefs.entries()) {
    const last = blocks.at(-1);
    if (last?.coefs === length) last.bins++;
    else blocks.push({ first: bin, bins: 1, coefs: length });
  }
  return blocks;
}
