/** Covariances of tiles by the estimate's motion. */
import { hann, segmentsOf } from "../earMemory.ts";

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

/** A tile of both motions, and where they agree best. Undefined where one of them is silent. */
function compared(
  reference: Float64Array,
  motion: Float64Array,
  segment: number,
  { weights, inverse, byLag }: TileWindow,
) {
  const p = windowed(reference, HALF * segment, weights);
  const q = windowed(motion, HALF * segment, weights);
  const [power, own] = [energy(p) * inverse, energy(q) * inverse];
  if (!(power > 1e-30 && own > 1e-30)) return undefined;
  let [most, best, sign] = [0, 0, 1];
  for (let lag = -MOST_LAG; lag <= MOST_LAG; lag++) {
    let sum = 0;
    const end = Math.min(p.length, p.length - lag);
    for (let i = Math.max(0, -lag); i < end; i++) sum += p[i + lag] * q[i];
    const value = Math.abs(sum) * byLag[lag + MOST_LAG];
    if (value > most) [most, best, sign] = [value, lag, Math.sign(sum)];
  }
  const size = Math.sqrt(power * own);
  return { p, q, own, size, best, sign, covariance: most / size };
}

/** Adds `weight` times the gradient of a tile's covariance by the motion. */
export function tileGradient(
  reference: Float64Array,
  motion: Float64Array,
  segment: number,
  segments: number,
  weight: number,
  by: Float64Array,
): void {
  const tile = tileOf(segment, segments);
  const found = compared(reference, motion, segment, tile);
  if (!found || found.covariance >= 1) return;
  const { p, q, own, size, best, sign, covariance } = found;
  const first = (sign * tile.byLag[best + MOST_LAG]) / size;
  const second = (covariance * tile.inverse) / own;
  let mean = 0;
  const g = new Float64Array(q.length);
  for (let i = 0; i < q.length; i++) {
    const other = i + best >= 0 && i + best < p.length ? p[i + best] : 0;
    g[i] = first * other - second * q[i];
    mean += g[i] / q.length;
  }
  for (let i = 0; i < q.length; i++) {
    by[HALF * segment + i] += weight * (g[i] - mean) * tile.weights[i];
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

/** Covariances of some tiles; the others are 0. */
export function tileCovariances(
  reference: Float64Array,
  motion: Float64Array,
  chosen: readonly number[],
): Float32Array {
  const segments = segmentsOf(motion.length, HALF);
  const out = new Float32Array(segments);
  for (const s of chosen) {
    out[s] = Math.min(1, compared(reference, motion, s, tileOf(s, segments))?.covariance ?? 0);
  }
  return out;
}
