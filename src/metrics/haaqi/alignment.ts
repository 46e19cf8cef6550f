/** Brings an estimate to the time of its reference, and both to what is audible of the reference. */
import type { Samples } from "../bss/correlations.ts";
import { type AllLags, allLags } from "./longCorrelation.ts";
import { peakLag } from "./peakLag.ts";

/** Samples that are left for the dispersion of the ear: 2 ms. */
const DISPERSION = 48;

/** Two signals of equal length, as the ears hear them. */
export interface AlignedPair {
  readonly reference: Samples;
  /** In pieces: silence stands where the estimate's samples end. */
  readonly estimate: readonly Samples[];
  /** Samples by which the estimate was late, less 2 ms; negative when it was early. */
  readonly delay: number;
  /** First and last sample of the reference that is kept. */
  readonly first: number;
  readonly last: number;
}

/**
 * Aligns the estimate and prunes both. Undefined where the reference is silent.
 * @param correlate what correlates the two, coarsely.
 */
export function alignPair(
  reference: Samples,
  estimate: Samples,
  correlate: AllLags = allLags,
): AlignedPair | undefined {
  const length = Math.min(reference.length, estimate.length);
  const x = reference.subarray(0, length);
  const y = estimate.subarray(0, length);
  let most = 0;
  for (let i = 0; i < length; i++) most = Math.max(most, Math.abs(x[i]));
  if (most === 0) return undefined;
  const delay = -bestLag(x, y, correlate) - DISPERSION;
  let first = 0;
  while (Math.abs(x[first]) <= 0.001 * most) first++;
  let last = length - 1;
  while (Math.abs(x[last]) <= 0.001 * most) last--;
  return {
    reference: x.subarray(first, last + 1),
    estimate: stretch(y, first + delay, last + 1 + delay),
    delay,
    first,
    last,
  };
}

/**
 * Samples from one place to another, zeros outside of the signal: views, one after the other. A song's copy would be among
 * the largest things in memory.
 */
function stretch(signal: Samples, from: number, to: number): readonly Samples[] {
  const begin = Math.min(signal.length, Math.max(0, from));
  const end = Math.max(begin, Math.min(signal.length, to));
  const before = Math.max(0, Math.min(to, begin) - from);
  return [
    ...silence(before),
    signal.subarray(begin, end),
    ...silence(to - from - before - (end - begin)),
  ];
}

const zeros = new Float32Array(4096);

function silence(count: number): readonly Samples[] {
  return Array.from({ length: Math.ceil(count / zeros.length) }, (_, i) =>
    zeros.subarray(0, Math.min(zeros.length, count - i * zeros.length)),
  );
}

/** The lag of the largest absolute correlation, the means removed. */
function bestLag(x: Samples, y: Samples, correlate: AllLags): number {
  const length = x.length;
  const means = [mean(x), mean(y)] as const;
  const energy = Math.sqrt(variation(x, means[0]) * variation(y, means[1]));
  // With silence all correlations are 0, and the first lag is the best.
  if (energy === 0) return 1 - length;
  const coarse = correlate(x, y, means);
  return peakLag({
    first: -(length - 1),
    last: length - 1,
    coarse: (lag) => Math.abs(coarse[lag < 0 ? lag + coarse.length : lag]),
    tolerance: 1e-5 * energy,
    exact: (lag) => {
      let sum = 0;
      const end = Math.min(length, length - lag);
      for (let n = Math.max(0, -lag); n < end; n++)
        sum += (x[n + lag] - means[0]) * (y[n] - means[1]);
      return Math.abs(sum);
    },
  });
}

function mean(x: Samples): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i];
  return sum / x.length;
}

function variation(x: Samples, about: number): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i] - about) ** 2;
  return sum;
}
