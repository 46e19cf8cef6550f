import { describe, expect, it } from "vitest";
import { agreement } from "../testing/golden.ts";
import { noise } from "../testing/noise.ts";
import { createKernels, type KernelInstance } from "./instance.ts";
import { ELEMENT_BYTES, ELEMENT_FLOATS } from "./lanes.ts";

const frames = 2;
const cells = 3;
const half = 8;
const items = 2;
const column = 4 * frames * items;

/** A place with noise. */
function noiseAt(kernels: KernelInstance, count: number, seed: number): number {
  const at = kernels.allocate(count * 4);
  kernels.f32(at, count).set(noise(count, seed));
  return at;
}

/** What a group of slices, of which so many count, gives for so many hops. */
function sums(kernels: KernelInstance, slices: number, hops: number): number[] {
  const floats = 8 * 2 * half * ELEMENT_FLOATS;
  const now = noiseAt(kernels, floats, 1);
  const before = noiseAt(kernels, floats, 2);
  const ends = kernels.allocate(4 * frames * cells);
  kernels.i32(ends, frames * cells).set([2, 3, 4, 6, 7, 8]);
  const out = [2, 1, 8].map((kinds) => kernels.allocate(4 * kinds * cells * column));
  const energies = kernels.allocate(32);
  const [power, product, inPhase] = out;
  kernels.exports.sumCells(
    now,
    before,
    2 * half * ELEMENT_BYTES,
    slices,
    hops,
    half,
    ends,
    frames,
    cells,
    power,
    product,
    inPhase,
    4 * column,
    4 * cells * column,
    4 * items,
    energies,
    kernels.allocate(496),
  );
  return [
    ...[2, 1, 8].flatMap((kinds, i) => [...kernels.f32(out[i], kinds * cells * column)]),
    ...kernels.f64(energies, 4),
  ];
}

describe("sums over cells, as the plain twin", () => {
  it.each([
    [4, 4],
    [3, 4],
    [2, 3],
    [0, 1],
  ])("of a group of which %i slices count, for %i hops", (slices, hops) => {
    const [plain, simd] = (["plain", "simd"] as const).map((kind) =>
      sums(createKernels(kind), slices, hops),
    );
    expect(plain.filter((v) => v !== 0).length).toBeGreaterThan(11 * cells * frames * hops - 1);
    const decibels = agreement(plain, simd);
    console.log(`${decibels.toFixed(1)} dB`);
    expect(decibels).toBeGreaterThan(130);
  });
});
