/** Sums of rows, and rows side by side. */

/** The mean of arrays: one alone is given back as it is. */
export function meanOf(arrays: readonly Float32Array[]): Float32Array {
  if (arrays.length === 1) return arrays[0];
  const mean = new Float32Array(arrays[0].length);
  for (const array of arrays) addTo(mean, array);
  for (let i = 0; i < mean.length; i++) mean[i] /= arrays.length;
  return mean;
}

/** Adds an array to another. */
export function addTo(to: Float32Array, more: Float32Array): void {
  for (let i = 0; i < to.length; i++) to[i] += more[i];
}

/** Rows of both, each `width` wide, side by side. */
export function joinRows(a: Float32Array, b: Float32Array, width: number): Float32Array {
  const joined = new Float32Array(2 * a.length);
  for (let from = 0; from < a.length; from += width) {
    joined.set(a.subarray(from, from + width), 2 * from);
    joined.set(b.subarray(from, from + width), 2 * from + width);
  }
  return joined;
}

/** The two that {@link joinRows} joins. */
export function splitRows(
  joined: Float32Array,
  width: number,
): readonly [Float32Array, Float32Array] {
  const [a, b] = [0, 1].map(() => new Float32Array(joined.length / 2));
  for (let to = 0; to < a.length; to += width) {
    a.set(joined.subarray(2 * to, 2 * to + width), to);
    b.set(joined.subarray(2 * to + width, 2 * to + 2 * width), to);
  }
  return [a, b];
}
