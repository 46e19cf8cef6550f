import { describe, expect, it } from "vitest";
import { agreement } from "../testing/golden.ts";
import { noise } from "../testing/noise.ts";
import { createKernels, type KernelInstance } from "./instance.ts";
import { ELEMENT_BYTES, ELEMENT_FLOATS } from "./lanes.ts";

const length = 24;
const bins = length / 2 + 1;

/** A place with repeatable values in [−1, 1). */
function place(kernels: KernelInstance, count: number, seed: number): number {
  const at = kernels.allocate(count * 4);
  kernels.f32(at, count).set(noise(count, seed));
  return at;
}

function compare(steps: (kernels: KernelInstance) => readonly number[]): void {
  const [plain, simd] = (["plain", "simd"] as const).map((kind) => steps(createKernels(kind)));
  const decibels = agreement(plain, simd);
  console.log(`${decibels.toFixed(1)} dB`);
  expect(decibels).toBeGreaterThan(140);
}

describe("planar spectra, as the plain twins", () => {
  it.each([1, 2, 3, 4])("are split from lanes: %i frames", (count) => {
    compare((kernels) => {
      const z = place(kernels, length * ELEMENT_FLOATS, 1);
      const spectra = kernels.allocate(4 * 4 * bins * 4);
      kernels.exports.splitFrames(z, length, count, kernels.allocate(256), spectra);
      return [...kernels.f32(spectra, 4 * 4 * bins)];
    });
  });

  it.each([1, 2, 3, 4])("are joined to lanes: %i frames", (count) => {
    compare((kernels) => {
      const spectra = place(kernels, 4 * 4 * bins, 2);
      const z = kernels.allocate(length * ELEMENT_BYTES);
      kernels.exports.joinFrames(spectra, count, length, kernels.allocate(256), z);
      const all = [...kernels.f32(z, length * ELEMENT_FLOATS)];
      return all.filter((_, i) => i % 4 < count);
    });
  });

  it("are weighed in lanes", () => {
    compare((kernels) => {
      const z = place(kernels, length * ELEMENT_FLOATS, 3);
      kernels.exports.weighLanes(z, place(kernels, length, 4), length);
      return [...kernels.f32(z, length * ELEMENT_FLOATS)];
    });
  });

  it.each([
    [2, bins],
    [2, 7],
    [1, bins],
    [1, 5],
  ])("have magnitudes: %i channels, %i bins", (channels, seen) => {
    compare((kernels) => {
      const spectra = place(kernels, 3 * 4 * bins, 5);
      const out = kernels.allocate(3 * channels * seen * 4);
      kernels.exports.planarMagnitudes(spectra, 3, bins, channels, seen, out);
      return [
        ...kernels.f32(out, 3 * channels * seen),
        kernels.exports.planarPeak(spectra, 3, bins),
      ];
    });
  });
});
