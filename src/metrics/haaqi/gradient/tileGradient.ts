/** Covariances of tiles, and their gradients by the estimate's motion. */
import { hann, segmentsOf } from "../earMemory.ts";
import type { GradientKernels } from "./gradientKernels.ts";

const HALF = 192;
const MOST_LAG = 24;

/** A window, or half of one, with the factors that go with it. */
interface TileWindow {
  readonly weights: Float64Array;
  readonly inverse: number;
  /** 1/Σ w[i+lag]·w[i], lag −24 first. */
  readonly byLag: Float64Array;
}

const whole = hann(2 * HALF);
const [wholeTile, laterHalf, earlierHalf] = [
  whole,
  whole.subarray(HALF),
  whole.subarray(0, HALF),
].map((weights): TileWindow => {
  const byLag = Float64Array.from({ length: 2 * MOST_LAG + 1 }, (_, j) => {
    const lag = j - MOST_LAG;
    let sum = 0;
    for (let i = Math.max(0, -lag); i < Math.min(weights.length, weights.length - lag); i++) {
      sum += weights[i + lag] * weights[i];
    }
    return 1 / sum;
  });
  return { weights, inverse: byLag[MOST_LAG], byLag };
});

function tileOf(segment: number, segments: number): TileWindow {
  return segment === 0 ? laterHalf : segment === segments - 1 ? earlierHalf : wholeTile;
}

/** Where two tiles agree best, and how well: 0 where one of them is silent. */
export interface TileMatch {
  readonly lag: number;
  /** Of the correlation at that lag. */
  readonly sign: number;
  /** 0 to 1. */
  readonly covariance: number;
}

const silent: TileMatch = { lag: 0, sign: 1, covariance: 0 };
/** A reference's tile with the zeros that lags reach. */
const padded = new Float64Array(2 * HALF + 2 * MOST_LAG + 4);

function match(
  reference: Float64Array,
  motion: Float64Array,
  segment: number,
  { weights, inverse, byLag }: TileWindow,
  kernels: GradientKernels,
): TileMatch {
  const p = windowed(reference, HALF * segment, weights);
  const q = windowed(motion, HALF * segment, weights);
  const [power, own] = [energy(p) * inverse, energy(q) * inverse];
  if (!(power > 1e-30 && own > 1e-30)) return silent;
  padded.fill(0);
  padded.set(p, MOST_LAG);
  const correlations = kernels.lags(padded.subarray(0, q.length + 2 * MOST_LAG + 4), q);
  let [most, best] = [0, MOST_LAG];
  for (let j = 0; j <= 2 * MOST_LAG; j++) {
    const value = Math.abs(correlations[j]) * byLag[j];
    if (value > most) [most, best] = [value, j];
  }
  return {
    lag: best - MOST_LAG,
    sign: Math.sign(correlations[best]),
    covariance: Math.min(1, most / Math.sqrt(power * own)),
  };
}

/** Adds `weight` times the gradient of a tile's covariance by the motion. */
export function tileGradient(
  reference: Float64Array,
  motion: Float64Array,
  segment: number,
  { lag, sign, covariance }: TileMatch,
  weight: number,
  by: Float64Array,
): void {
  if (covariance === 0 || covariance >= 1) return;
  const { weights, inverse, byLag } = tileOf(segment, segmentsOf(motion.length, HALF));
  const p = windowed(reference, HALF * segment, weights);
  const q = windowed(motion, HALF * segment, weights);
  const own = energy(q) * inverse;
  const first = (sign * byLag[lag + MOST_LAG]) / Math.sqrt(energy(p) * inverse * own);
  const second = (covariance * inverse) / own;
  let mean = 0;
  const g = new Float64Array(q.length);
  for (let i = 0; i < q.length; i++) {
    const other = i + lag >= 0 && i + lag < p.length ? p[i + lag] : 0;
    g[i] = first * other - second * q[i];
    mean += g[i] / q.length;
  }
  for (let i = 0; i < q.length; i++) {
    by[HALF * segment + i] += weight * (g[i] - mean) * weights[i];
  }
}

function windowed(x: Float64Array, from: number, weights: Float64Array): Float64Array {
  const out = new Float64Array(weights.length);
  let mean = 0;
  for (let i = 0; i < out.length; i++) {
    out[i] = x[from + i] * weights[i];
    mean += out[i] / out.length;
  }
  for (let i = 0; i < out.length; i++) out[i] -= mean;
  return out;
}

function energy(x: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * x[i];
  return sum;
}

/** Twice the mean squares of all tiles. */
export function tilePowers(motion: Float64Array): Float32Array {
  const segments = segmentsOf(motion.length, HALF);
  return Float32Array.from({ length: segments }, (_, s) => {
    const tile = tileOf(s, segments);
    return 2 * energy(windowed(motion, HALF * s, tile.weights)) * tile.inverse;
  });
}

/** Matches of some tiles; the others are silent. */
export function tileMatches(
  reference: Float64Array,
  motion: Float64Array,
  chosen: readonly number[],
  kernels: GradientKernels,
): readonly TileMatch[] {
  const segments = segmentsOf(motion.length, HALF);
  const out = new Array<TileMatch>(segments).fill(silent);
  for (const s of chosen) {
    out[s] = match(reference, motion, s, tileOf(s, segments), kernels);
  }
  return out;
}
