/** Smoothed envelopes, as in the kernels, and the way back. */
import { hann, segmentsOf } from "../earMemory.ts";

const HOP = 96;
const window = hann(2 * HOP);

const [whole, laterHalf, earlierHalf] = [window, window.subarray(HOP), window.subarray(0, HOP)].map(
  (weights) => ({ weights, scale: weights.reduce((a, b) => a + b) }),
);

/** Where a segment begins, and its part of the window, which it is divided by the sum of. */
function segment(s: number, segments: number) {
  const part = s === 0 ? laterHalf : s === segments - 1 ? earlierHalf : whole;
  return { from: HOP * s, ...part };
}

/** Weighted means over 8 ms, every 4 ms. */
export function smoothed(envelope: Float64Array): Float32Array {
  const segments = segmentsOf(envelope.length, HOP);
  return Float32Array.from({ length: segments }, (_, s) => {
    const { from, weights, scale } = segment(s, segments);
    let sum = 0;
    for (let i = 0; i < weights.length; i++) sum += envelope[from + i] * weights[i];
    return sum / scale;
  });
}

/** Adds the gradient by the envelope. @param bySmooth by the kept segments. */
export function smoothedBack(
  kept: readonly number[],
  bySmooth: Float64Array,
  factor: number,
  byEnvelope: Float64Array,
): void {
  const segments = segmentsOf(byEnvelope.length, HOP);
  for (const [i, s] of kept.entries()) {
    const { from, weights, scale } = segment(s, segments);
    const each = (factor * bySmooth[i]) / scale;
    for (let n = 0; n < weights.length; n++) byEnvelope[from + n] += each * weights[n];
  }
}
