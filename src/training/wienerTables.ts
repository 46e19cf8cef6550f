/**
 * Tables of the kernels of Wiener-EM for training: numbers per item, repeated for every position of a period that the
 * kernels go through in pairs (see `assembly/turnedWiener.ts`), and the little that is counted between kernels.
 */
import { targets } from "../networks/index.ts";

/** Machine epsilon of float32: the original's ε. */
const EPSILON = 2 ** -23;
const TARGETS = targets.length;

/** Numbers of a Hermitian 2×2 matrix per target: a, d, Re b, Im b. */
const HERMITIAN = 4;
export const MOMENTS = TARGETS * HERMITIAN;
/** Those of R of each target, then ρ. */
export const SPATIAL = MOMENTS + 1;

/** Element of number k at a position, of n numbers per position. */
function inPairs(n: number, position: number, k: number): number {
  return ((position >> 1) * n + k) * 2 + (position & 1);
}

/** Number k of an item: the sum over its positions. */
function sumOf(table: Float64Array, n: number, items: number, item: number, k: number): number {
  let sum = 0;
  for (let position = item; position < table.length / n; position += items) {
    sum += table[inPairs(n, position, k)];
  }
  return sum;
}

/** Sets number k at all positions of an item. */
function setAll(
  table: Float64Array,
  n: number,
  items: number,
  item: number,
  k: number,
  value: number,
): void {
  for (let position = item; position < table.length / n; position += items) {
    table[inPairs(n, position, k)] = value;
  }
}

/** Sums of each item, [n, items]. */
export function fold(table: Float64Array, n: number, items: number): Float64Array {
  return Float64Array.from({ length: n * items }, (_, i) =>
    sumOf(table, n, items, i % items, Math.floor(i / items)),
  );
}

/** Numbers of each item, [n, items], at all its positions. */
export function spread(
  table: Float64Array,
  n: number,
  values: ArrayLike<number>,
  items: number,
): void {
  for (let item = 0; item < items; item++) {
    for (let k = 0; k < n; k++) setAll(table, n, items, item, k, values[k * items + item]);
  }
}

/**
 * R = S/w with w = tr S/2 + ε·c², and ρ = √ε·c²: with everything homogeneous but ε and ρ, nothing is divided by the
 * scale c.
 *
 * @param scale c² of each item
 */
export function setSpatial(spatial: Float64Array, sums: Float64Array, scale: Float32Array): void {
  const items = scale.length;
  for (let item = 0; item < items; item++) {
    for (let j = 0; j < TARGETS; j++) {
      const s = hermitian(sums, items, item, j);
      const weight = (s[0] + s[1]) / 2 + EPSILON * scale[item];
      for (let k = 0; k < HERMITIAN; k++) {
        setAll(spatial, SPATIAL, items, item, HERMITIAN * j + k, s[k] / weight);
      }
    }
    setAll(spatial, SPATIAL, items, item, MOMENTS, Math.sqrt(EPSILON) * scale[item]);
  }
}

/** From the gradient by R, in `moments`, to that by S, which is written to `slopes`. */
export function setSlopes(
  slopes: Float64Array,
  { sums, moments }: { readonly sums: Float64Array; readonly moments: Float64Array },
  scale: Float32Array,
): void {
  const items = scale.length;
  for (let item = 0; item < items; item++) {
    for (let j = 0; j < TARGETS; j++) {
      const s = hermitian(sums, items, item, j);
      const byR = hermitian(moments, items, item, j);
      const weight = (s[0] + s[1]) / 2 + EPSILON * scale[item];
      const product = s.reduce((sum, value, k) => sum + value * byR[k], 0);
      const byTrace = product / (2 * weight * weight);
      for (let k = 0; k < HERMITIAN; k++) {
        const bySum = byR[k] / weight - (k < 2 ? byTrace : 0);
        setAll(slopes, MOMENTS, items, item, HERMITIAN * j + k, bySum);
      }
    }
  }
}

function hermitian(table: Float64Array, items: number, item: number, j: number): number[] {
  return [0, 1, 2, 3].map((k) => sumOf(table, MOMENTS, items, item, HERMITIAN * j + k));
}
