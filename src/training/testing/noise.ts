/** Deterministic numbers for tests. */
import type { NumericArray } from "../../graph/index.ts";

/** A source of numbers between −1 and 1. */
export function noiseSource(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

export function noiseArray(
  shape: readonly number[],
  random: () => number,
  map: (value: number) => number = (value) => value,
): NumericArray {
  const length = shape.reduce((product, size) => product * size, 1);
  return { shape, data: Float64Array.from({ length }, () => map(random())) };
}
