import { describe, expect, it } from "vitest";
import { agreement } from "../testing/golden.ts";
import { doubleNoise } from "../testing/noise.ts";
import { createKernels, type KernelInstance } from "./instance.ts";

/** Repeatable values in [0, 1). */
function noise(length: number, seed: number): Float64Array {
  return doubleNoise(length, seed).map((value) => (value + 1) / 2);
}

interface Given {
  readonly bins: number;
  readonly frames: number;
  readonly sources: number;
  readonly iterations: number;
}

/** The steps on either kernels: sums and estimates after so many iterations. */
function stepped(
  kernels: KernelInstance,
  { bins, frames, sources, iterations }: Given,
): { readonly sums: number[]; readonly estimates: number[] } {
  const plane = 2 * Math.ceil(bins / 2);
  const floats = (values: Float64Array) => {
    const at = kernels.allocate(values.length * 4);
    kernels.f32(at, values.length).set(values);
    return at;
  };
  const list = (values: readonly number[]) => {
    const at = kernels.allocate(values.length * 4);
    kernels.i32(at, values.length).set(values);
    return at;
  };
  const spectra = floats(noise(frames * 4 * bins, 1).map((x) => 20 * x - 10));
  const masks = Array.from({ length: sources }, (_, j) => floats(noise(frames * 2 * bins, 2 + j)));
  const given = list([spectra, ...masks]);
  const size = 4 * sources * plane;
  const models = list(
    Array.from({ length: iterations }, (_, i) => {
      const model = kernels.allocate(size * 8);
      const numbers = kernels.f64(model, size);
      numbers.set(noise(size, 50 + i));
      // Correlated channels, but a model that a covariance can be.
      for (let at = 0; at < size; at++) if (at % (4 * plane) < 2 * plane) numbers[at] += 1.2;
      const rho = kernels.allocate(8);
      kernels.f64(rho, 1)[0] = 1e-5;
      return [model, rho];
    }).flat(),
  );
  const work = kernels.allocate(80 * sources);
  const sums = kernels.allocate(size * 8);
  kernels.f64(sums, size).fill(1);
  kernels.exports.frameStatistics(given, frames, bins, sources, models, iterations, work, sums);
  const [first, count] = [1, frames - 1];
  const outs = Array.from({ length: sources }, () => kernels.allocate(count * 16 * bins));
  const out = list(outs);
  kernels.exports.frameFilter(
    ...([given, first, count, bins, sources, models, iterations, work, out] as const),
  );
  const all = [...kernels.f64(sums, size)];
  return {
    sums: all.filter((_, at) => at % plane < bins),
    estimates: outs.flatMap((at) => [...kernels.f32(at, count * 4 * bins)]),
  };
}

describe("expectation maximisation on frames", () => {
  it.each<Given>([
    { bins: 9, frames: 5, sources: 4, iterations: 0 },
    { bins: 9, frames: 5, sources: 4, iterations: 1 },
    { bins: 131, frames: 3, sources: 5, iterations: 2 },
    { bins: 10, frames: 4, sources: 1, iterations: 3 },
  ])("is the plain twin: $bins bins, $sources sources, $iterations iterations", (given) => {
    const [plain, simd] = (["plain", "simd"] as const).map((kind) =>
      stepped(createKernels(kind), given),
    );
    const sums = agreement(plain.sums, simd.sums);
    const estimates = agreement(plain.estimates, simd.estimates);
    console.log(`sums ${sums.toFixed(1)} dB, estimates ${estimates.toFixed(1)} dB`);
    expect(sums).toBeGreaterThan(250);
    // These are float32.
    expect(estimates).toBeGreaterThan(150);
  });
});
