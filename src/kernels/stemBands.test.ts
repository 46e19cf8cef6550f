import { expect, it } from "vitest";
import { agreement } from "../testing/golden.ts";
import { noise } from "../testing/noise.ts";
import { createKernels } from "./instance.ts";

const BINS = 65;
const STEMS = 4;
const edges = [1, 2, 5, 9, 16, 20, 41, 65];

it("powers of stems and of their sum in bands, as the plain twin", () => {
  const [plain, simd] = (["plain", "simd"] as const).map((kind) => {
    const kernels = createKernels(kind);
    const size = 4 * BINS + 3;
    const spectra = kernels.allocate(STEMS * size * 4);
    kernels.f32(spectra, STEMS * size).set(noise(STEMS * size, 1));
    const bands = edges.length - 1;
    const places = kernels.allocate(edges.length * 4);
    kernels.i32(places, edges.length).set(edges);
    const count = 2 * (STEMS + 1) * bands;
    const out = kernels.allocate(count * 4);
    kernels.exports.stemBands(spectra, size * 4, STEMS, BINS, places, bands, out);
    return [...kernels.f32(out, count)];
  });
  const decibels = agreement(plain, simd);
  console.log(`${decibels.toFixed(1)} dB`);
  expect(decibels).toBeGreaterThan(140);
});
