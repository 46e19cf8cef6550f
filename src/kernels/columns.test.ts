import { describe, expect, it } from "vitest";
import { agreement } from "../testing/golden.ts";
import { noise } from "../testing/noise.ts";
import { createKernels, type KernelInstance } from "./instance.ts";

function place(kernels: KernelInstance, values: Float32Array): number {
  const pointer = kernels.allocate(values.byteLength);
  kernels.f32(pointer, values.length).set(values);
  return pointer;
}

/** What the same steps leave with the twins and with the kernels agrees, every array of it. */
function expectEqual(steps: (kernels: KernelInstance) => readonly ArrayLike<number>[]): void {
  const [plain, simd] = (["plain", "simd"] as const).map((kind) => steps(createKernels(kind)));
  const decibels = plain.map((array, i) => agreement(array, simd[i]));
  console.log(`${decibels.map((db) => db.toFixed(1)).join(", ")} dB`);
  expect(Math.min(...decibels)).toBeGreaterThan(125);
}

describe("training's loops over rows equal their twins", () => {
  it.each([
    [5, 12, 0],
    [3, 7, -0.2],
    [4, 2, Number.NEGATIVE_INFINITY],
  ])("batch norms, forward and back: %d rows of %d, from %d on", (rows, width, floor) => {
    expectEqual((kernels) => {
      const x = place(kernels, noise(rows * width, 1));
      const gradient = place(kernels, noise(rows * width, 2));
      const [mean, scale, bias] = [3, 4, 5].map((seed) => place(kernels, noise(width, seed)));
      const out = kernels.allocate(4 * rows * width);
      const sums = [0, 1, 2, 3].map(() => kernels.allocate(8 * width));
      const { exports } = kernels;
      exports.columnMoments(x, rows, width, sums[0], sums[1]);
      exports.normaliseColumns(x, rows, width, mean, scale, bias, floor, out);
      exports.columnGradients(x, out, gradient, rows, width, mean, floor, sums[2], sums[3]);
      exports.normaliseColumnsBack(x, gradient, rows, width, mean, scale, bias, mean);
      return [
        ...sums.map((at) => kernels.f64(at, width).slice()),
        ...[out, gradient].map((at) => kernels.f32(at, rows * width).slice()),
      ];
    });
  });

  it.each([0, 0.3])("losses of magnitudes, the gradient times %f", (factor) => {
    const [count, targets] = [24, 3];
    expectEqual((kernels) => {
      const mixture = place(kernels, noise(count, 1));
      const masks = place(kernels, noise(targets * count, 2));
      const stems = place(kernels, noise(targets * count, 3));
      const { magnitudeErrors } = kernels.exports;
      const sum = magnitudeErrors(mixture, masks, stems, targets, 4 * count, count, 4, 3, factor);
      return [[sum], kernels.f32(masks, targets * count).slice()];
    });
  });

  it("scalar products and mixes of signals", () => {
    const [count, length] = [5, 32];
    expectEqual((kernels) => {
      const signals = place(kernels, noise(count * length, 1));
      const shares = place(kernels, noise(count, 2));
      const products = kernels.allocate(8 * count * count);
      const out = kernels.allocate(4 * length);
      kernels.exports.scalarProducts(signals, count, 4 * length, length, products);
      kernels.exports.mixSignals(signals, count, 4 * length, length, shares, out);
      return [kernels.f64(products, count * count).slice(), kernels.f32(out, length).slice()];
    });
  });
});
