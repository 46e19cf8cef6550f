/**
 * Numbers for a trial of a device, evenly spread from `least` to `most`: the same at every call, on every machine (by a linear
 * congruential generator, constants of Numerical Recipes).
 */
export function trialNumbers(length: number, least: number, most: number): Float32Array {
  let state = 1;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return least + ((most - least) * state) / 2 ** 32;
  });
}
