import { describe, expect, it } from "vitest";
import { noiseSource } from "../../testing/noise.ts";
import {
  autocorrelation,
  bestPredictor,
  MAX_ORDER,
  residualOf,
  taper,
} from "./linearPrediction.ts";

const noise = noiseSource(3);

describe("linear prediction", () => {
  it("tapers a block as Tukey's window does", () => {
    const window = taper(4096);
    expect(window.subarray(1024, 3072).every((value) => value === 1)).toBe(true);
    expect([...window]).toEqual([...window].reverse());
    expect(window[511]).toBeCloseTo(0.5, 2);
    expect(window[0]).toBeLessThan(1e-6);
    for (const length of [1, 2, 3, 5]) {
      expect(taper(length).every((value) => value > 0 && value <= 1)).toBe(true);
    }
  });

  it("correlates as the sum says", () => {
    const x = Float64Array.from({ length: 100 }, () => Math.round(1000 * noise()));
    const expected = Array.from({ length: MAX_ORDER + 1 }, (_, lag) =>
      x.reduce((sum, value, i) => sum + (i >= lag ? value * x[i - lag] : 0), 0),
    );
    expect([...autocorrelation(x)]).toEqual(expected);
  });

  it("finds the weights that a signal was made with", () => {
    const x = new Float64Array(20000);
    for (let i = 0; i < x.length; i++) {
      x[i] = Math.round(1.6 * (x[i - 1] ?? 0) - 0.8 * (x[i - 2] ?? 0) + 3000 * noise());
    }
    const predictor = bestPredictor(autocorrelation(x), x.length, 16);
    expect(predictor?.order).toBeGreaterThanOrEqual(2);
    const weights = [...(predictor?.coefs ?? [])].map(
      (coef) => coef / 2 ** (predictor?.shift ?? 0),
    );
    expect(weights[0]).toBeCloseTo(1.6, 1);
    expect(weights[1]).toBeCloseTo(-0.8, 1);
    expect(weights.slice(predictor?.order).every((weight) => weight === 0)).toBe(true);
  });

  it("gives coefficients that the format can hold, whatever the signal", () => {
    const signals: Record<string, (i: number) => number> = {
      impulse: (i) => (i === 500 ? 1 : 0),
      constant: () => 8388607,
      ramp: (i) => i * 1000,
      tone: (i) => Math.round(8e6 * Math.sin(i / 50)),
      parabola: (i) => i * i,
      alternating: (i) => (i % 2 ? -8388608 : 8388607),
      noise: () => Math.round(8e6 * noise()),
    };
    for (const [name, at] of Object.entries(signals)) {
      const x = Float64Array.from({ length: 1000 }, (_, i) => at(i));
      const window = taper(1000);
      const predictor = bestPredictor(autocorrelation(x.map((v, i) => v * window[i])), 1000, 24);
      if (!predictor) throw new Error(name);
      const { coefs, precision, shift, order } = predictor;
      expect(order).toBeGreaterThanOrEqual(1);
      expect(order).toBeLessThanOrEqual(MAX_ORDER);
      expect(shift).toBeGreaterThanOrEqual(0);
      expect(shift).toBeLessThanOrEqual(15);
      expect(Math.max(...coefs.map(Math.abs))).toBeLessThan(2 ** (precision - 1));
    }
    expect(bestPredictor(new Float64Array(MAX_ORDER + 1), 1000, 16)).toBeUndefined();
  });

  it("leaves exactly what whole numbers leave", () => {
    const x = Float64Array.from({ length: 300 }, () => Math.round(8388607 * noise()));
    for (let order = 0; order <= MAX_ORDER; order++) {
      const coefs = new Float64Array(MAX_ORDER);
      for (let j = 0; j < order; j++) coefs[j] = Math.round(16383 * noise());
      const residual = new Int32Array(300);
      const fits = residualOf(x, { order, coefs, precision: 15, shift: 13 }, residual);
      let largest = 0n;
      for (let i = order; i < 300; i++) {
        let sum = 0n;
        for (let j = 0; j < order; j++) sum += BigInt(coefs[j]) * BigInt(x[i - 1 - j]);
        const rest = BigInt(x[i]) - (sum >> 13n);
        if (rest > largest || -rest > largest) largest = rest < 0n ? -rest : rest;
        expect(residual[i]).toBe(Number(BigInt.asIntN(32, rest)));
      }
      expect(fits).toBe(largest < 2n ** 30n);
    }
    const wild = { order: 8, coefs: new Float64Array(8).fill(16383), precision: 15, shift: 0 };
    const loud = new Float64Array(300).fill(-8388608);
    expect(residualOf(loud, wild, new Int32Array(300))).toBe(false);
  });
});
