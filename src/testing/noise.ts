/** Noise for tests: the same numbers for the same seed, in [−1, 1). */

/** A source of such numbers, by a linear congruential generator (constants of Numerical Recipes). */
export function noiseSource(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** So many of them in single precision. */
export function noise(length: number, seed: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length }, noiseSource(seed));
}

/** So many of them in double precision. */
export function doubleNoise(length: number, seed: number): Float64Array<ArrayBuffer> {
  return Float64Array.from({ length }, noiseSource(seed));
}
