import { describe, expect, it } from "vitest";
import { ArgumentError } from "../errors.ts";
import { GradientSum } from "./gradientSum.ts";
import { AdamW } from "./optimiser.ts";

const made = (clipNorm?: number) => {
  const weights = Float32Array.of(1, -2, 3);
  const optimiser = new AdamW(weights.length);
  return { weights, optimiser, sum: new GradientSum({ weights, optimiser, clipNorm }) };
};
const writing = (gradient: readonly number[]) => async (into: Float32Array) => {
  into.set(gradient);
  return gradient.length;
};

describe("a sum of gradients", () => {
  it("moves the weights as one step of the optimiser by their mean does", async () => {
    const { weights, sum } = made();
    expect(await sum.add(writing([1, 0, 2]))).toBe(3);
    await sum.add(writing([3, 2, -2]));
    expect([...sum.values]).toEqual([4, 2, 0]);
    expect(sum.update(0.1)).toBeCloseTo(Math.hypot(2, 1), 6);
    const expected = made();
    expected.optimiser.step(expected.weights, Float32Array.of(2, 1, 0), 0.1);
    expect(weights).toEqual(expected.weights);
  });

  it("is clipped, begins anew after an update, and moves nothing without a batch", async () => {
    const { weights, sum } = made(1);
    await sum.add(writing([30, 0, 40]));
    expect(sum.update(0.1)).toBeCloseTo(50, 5);
    const expected = made();
    expected.optimiser.step(expected.weights, Float32Array.of(30, 0, 40), 0.1, 1 / (50 + 1e-6));
    expect(weights).toEqual(expected.weights);
    expect(() => sum.update(0.1)).toThrow(ArgumentError);
    await sum.add(writing([1, 1, 1]));
    expect([...sum.values]).toEqual([1, 1, 1]);
  });

  it("does not count a batch that failed", async () => {
    const { sum } = made();
    await sum.add(writing([1, 2, 3]));
    const failing = sum.add(async (into) => {
      into.fill(9);
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect([...sum.values]).toEqual([1, 2, 3]);
  });
});
