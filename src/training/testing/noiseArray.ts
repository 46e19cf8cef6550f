/** Arrays of made-up numbers for graphs. */
import type { NumericArray } from "../../graph/index.ts";

/** An array filled by a source of numbers, each changed by `map`. */
export function noiseArray(
  shape: readonly number[],
  random: () => number,
  map: (value: number) => number = (value) => value,
): NumericArray {
  const length = shape.reduce((product, size) => product * size, 1);
  return { shape, data: Float64Array.from({ length }, () => map(random())) };
}
