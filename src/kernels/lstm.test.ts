import { describe, expect, it } from "vitest";
import { agreement } from "../testing/golden.ts";
import { noise } from "../testing/noise.ts";
import { createKernels, type KernelInstance } from "./instance.ts";
import { layPanels } from "./lstm.ts";

function place(kernels: KernelInstance, values: Float32Array): number {
  const pointer = kernels.allocate(values.byteLength);
  kernels.f32(pointer, values.length).set(values);
  return pointer;
}

const sizes = [
  { steps: 7, items: 5, units: 12, reverse: 0 },
  { steps: 6, items: 4, units: 16, reverse: 1 },
  { steps: 3, items: 9, units: 4, reverse: 1 },
];

describe("the steps of a recurrent layer equal their twins, forward and back", () => {
  it.each(sizes)("%o", ({ steps, items, units, reverse }) => {
    const block = items * units;
    const recurrent = noise(4 * units * units, 2);
    const [back, forth] = [new Float32Array(recurrent), new Float32Array(recurrent)];
    layPanels(4 * units, units, (gate, unit) => recurrent[gate * units + unit], back);
    layPanels(units, 4 * units, (unit, gate) => recurrent[gate * units + unit], forth);
    const [plain, simd] = (["plain", "simd"] as const).map((kind) => {
      const kernels = createKernels(kind);
      // Some of the sums are far beyond what a gate can tell apart.
      const sums = noise(4 * steps * block, 1).map((x, i) => (i % 97 === 0 ? 300 * x : 2 * x));
      const gates = place(kernels, sums);
      const hidden = place(kernels, noise((steps + 1) * block, 3));
      const cells = place(kernels, noise((steps + 1) * block, 4));
      const given = place(kernels, noise(steps * block, 5));
      const weights = [place(kernels, back), place(kernels, forth)];
      const work = kernels.allocate(8 * block);
      kernels.exports.lstmForward(gates, weights[1], hidden, cells, steps, items, units, reverse);
      const read = (pointer: number, length: number) => kernels.f32(pointer, length).slice();
      const forward = [
        read(gates, 4 * steps * block),
        read(hidden, (steps + 1) * block),
        read(cells, (steps + 1) * block),
      ];
      kernels.exports.lstmBack(gates, weights[0], cells, given, work, steps, items, units, reverse);
      return [...forward, read(gates, 4 * steps * block)];
    });
    for (const [i, what] of ["gates", "hidden", "cells", "gradient"].entries()) {
      const decibels = agreement(plain[i], simd[i]);
      console.log(`${what}: ${decibels.toFixed(1)} dB`);
      expect(decibels).toBeGreaterThan(115);
    }
  });
});
