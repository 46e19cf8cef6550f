import { expect, it } from "vitest";
import { agreement } from "../testing/golden.ts";
import { doubleNoise } from "../testing/noise.ts";
import { createKernels } from "./instance.ts";

const count = 402;

function noise(seed: number): Float64Array {
  // From far below what is audible to loud.
  return doubleNoise(count, seed).map((value, n) => value * 10 ** (-8 + n / 50));
}

it("gains, levels and correlations of tiles agree with their twins", () => {
  const [plain, simd] = (["plain", "simd"] as const).map((kind) => {
    const kernels = createKernels(kind);
    const stored = (values: Float64Array) => {
      const pointer = kernels.allocate(8 * (count + 52));
      kernels.f64(pointer, count).set(values);
      return pointer;
    };
    const [re, im, level] = [noise(1), noise(2), noise(3).map(Math.abs)].map(stored);
    const [gains, lags] = [stored(new Float64Array(count)), stored(new Float64Array(count))];
    kernels.exports.powerGains(re, 200, 1e6, 1e7, 0.3, -0.33, gains);
    kernels.exports.sensationLevels(level, count, 1e4);
    kernels.exports.tileLags(re, im, count - 52, lags);
    return [gains, level, lags].map((pointer) => kernels.f64(pointer, count).slice());
  });
  const decibels = plain.map((values, i) => agreement(values, simd[i]));
  console.log(`gains, levels, lags: ${decibels.map((db) => db.toFixed(1)).join(", ")} dB`);
  expect(decibels[0]).toBeGreaterThan(130);
  expect(decibels[1]).toBeGreaterThan(130);
  expect(decibels[2]).toBeGreaterThan(250);
});
