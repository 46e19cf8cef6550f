import { expect, it } from "vitest";
import { AdamW, averageWeights, clippingFactor, globalNorm } from "./optimiser.ts";

it("moves a weight by the rate against the sign of its first gradient, and decays it", () => {
  const weights = Float32Array.of(1, -2, 0.5);
  const adam = new AdamW(3, { betas: [0.9, 0.999], epsilon: 1e-8, weightDecay: 0.1 });
  adam.step(weights, Float32Array.of(3, -0.01, 0), 0.01);
  const kept = 1 - 0.01 * 0.1;
  expect(weights[0]).toBeCloseTo(kept - 0.01, 6);
  expect(weights[1]).toBeCloseTo(-2 * kept + 0.01, 6);
  expect(weights[2]).toBeCloseTo(0.5 * kept, 6);
});

it("follows the published recursion over several steps", () => {
  const settings = { betas: [0.8, 0.9], epsilon: 1e-3, weightDecay: 0.2 } as const;
  const adam = new AdamW(1, settings);
  const weights = Float32Array.of(0.7);
  let [w, m, v] = [0.7, 0, 0];
  for (let t = 1; t <= 5; t++) {
    const g = Math.sin(t);
    adam.step(weights, Float32Array.of(2 * g), 0.05, 0.5);
    m = 0.8 * m + 0.2 * g;
    v = 0.9 * v + 0.1 * g * g;
    const mHat = m / (1 - 0.8 ** t);
    const vHat = v / (1 - 0.9 ** t);
    w -= 0.05 * 0.2 * w;
    w -= (0.05 * mHat) / (Math.sqrt(vHat) + 1e-3);
    expect(weights[0]).toBeCloseTo(w, 5);
  }
  expect(adam.steps).toBe(5);
});

it("adds L2 to the gradient where it is asked to, which then moves even weights without one", () => {
  const settings = {
    betas: [0.8, 0.9],
    epsilon: 1e-8,
    weightDecay: 0.2,
    decay: "gradient",
  } as const;
  const adam = new AdamW(2, settings);
  const weights = Float32Array.of(0.7, -3);
  let [w, m, v] = [0.7, 0, 0];
  for (let t = 1; t <= 5; t++) {
    const g = Math.sin(t) + 0.2 * w;
    adam.step(weights, Float32Array.of(2 * Math.sin(t), 0), 0.05, 0.5);
    m = 0.8 * m + 0.2 * g;
    v = 0.9 * v + 0.1 * g * g;
    w -= (0.05 * m) / (1 - 0.8 ** t) / (Math.sqrt(v / (1 - 0.9 ** t)) + 1e-8);
    expect(weights[0]).toBeCloseTo(w, 5);
  }
  // A full rate a step, towards 0.
  expect(weights[1]).toBeCloseTo(-3 + 5 * 0.05, 2);
});

it("averages weights exponentially", () => {
  const average = Float32Array.of(0);
  for (let i = 0; i < 10; i++) averageWeights(average, Float32Array.of(1), 0.9);
  expect(average[0]).toBeCloseTo(1 - 0.9 ** 10, 6);
});

it("clips gradients longer than the limit, and no others", () => {
  const gradient = Float32Array.of(3, 4);
  expect(globalNorm(gradient)).toBe(5);
  expect(clippingFactor(5, 1) * 5).toBeCloseTo(1, 5);
  expect(clippingFactor(5, 6)).toBe(1);
});

it("refuses settings that make no sense", () => {
  const settings = { betas: [0.9, 0.999], epsilon: 1e-8, weightDecay: 0 } as const;
  expect(() => new AdamW(1, { ...settings, betas: [1, 0] })).toThrow(/betas/);
  expect(() => new AdamW(1, { ...settings, epsilon: 0 })).toThrow(/epsilon/);
  expect(() => new AdamW(1, { ...settings, weightDecay: -1 })).toThrow(/weight decay/);
});
