import { describe, expect, it } from "vitest";
import { agreement } from "../../testing/golden.ts";
import { doubleNoise } from "../../testing/noise.ts";
import { solveBlockToeplitz } from "./blockToeplitz.ts";

/** Σₜ a[t]·b[t+d] for |d| < n. */
function lagsOf(a: Float64Array, b: Float64Array, n: number): Float64Array {
  return Float64Array.from({ length: 2 * n - 1 }, (_, k) => {
    const d = k - n + 1;
    return a.reduce((sum, x, t) => sum + x * (b[t + d] ?? 0), 0);
  });
}

function systemOf(signals: readonly Float64Array[], n: number) {
  return { n, m: signals.length, lags: signals.map((a) => signals.map((b) => lagsOf(a, b, n))) };
}

/** T·x, by the sum itself. */
function apply(system: ReturnType<typeof systemOf>, x: readonly Float64Array[]): Float64Array[] {
  const { n, lags } = system;
  return lags.map((row) =>
    Float64Array.from({ length: n }, (_, k) => {
      let sum = 0;
      row.forEach((r, j) => {
        for (let l = 0; l < n; l++) sum += r[k - l + n - 1] * x[j][l];
      });
      return sum;
    }),
  );
}

/** Energy of the error in the norm that projections are measured in: eᵀ·T·e against xᵀ·T·x. */
function projected(system: ReturnType<typeof systemOf>, x: readonly Float64Array[]): number {
  const y = apply(system, x);
  return x.reduce((sum, row, i) => sum + row.reduce((s, v, k) => s + v * y[i][k], 0), 0);
}

describe("the block Toeplitz solver", () => {
  it.each([
    [1, 1],
    [1, 9],
    [2, 16],
    [3, 31],
    [5, 12],
    [8, 20],
  ])("finds the unknowns of %i × %i equations", (m, n) => {
    const system = systemOf(
      Array.from({ length: m }, (_, i) => doubleNoise(400, i + 1)),
      n,
    );
    const truth = Array.from({ length: m }, (_, i) => doubleNoise(n, 50 + i));
    const [x] = solveBlockToeplitz(system, [apply(system, truth)]);
    const dB = agreement(
      truth.flatMap((r) => [...r]),
      x.flatMap((r) => [...r]),
    );
    console.log(`m ${m}, n ${n}: ${dB.toFixed(0)} dB`);
    expect(dB).toBeGreaterThan(200);
  });

  it("leaves unknowns of silent signals at zero", () => {
    const system = systemOf([doubleNoise(300, 1), new Float64Array(300), doubleNoise(300, 2)], 20);
    const truth = [doubleNoise(20, 5), new Float64Array(20), doubleNoise(20, 6)];
    const [x] = solveBlockToeplitz(system, [apply(system, truth)]);
    expect(x[1].every((v) => v === 0)).toBe(true);
    expect(agreement(truth[0], x[0])).toBeGreaterThan(200);
  });

  it("projects as well with a signal given twice, scaled, and once more delayed", () => {
    const a = doubleNoise(300, 1);
    const b = doubleNoise(300, 2);
    const delayed = Float64Array.from(a, (_, t) => a[t - 3] ?? 0);
    const system = systemOf([a, a.map((v) => 0.5 * v), b, delayed], 24);
    const truth = Array.from({ length: 4 }, (_, i) => doubleNoise(24, 60 + i));
    const [x] = solveBlockToeplitz(system, [apply(system, truth)]);
    const error = x.map((row, i) => row.map((v, k) => v - truth[i][k]));
    const dB = 10 * Math.log10(projected(system, truth) / Math.abs(projected(system, error)));
    console.log(`singular: ${dB.toFixed(0)} dB`);
    expect(dB).toBeGreaterThan(100);
  });

  it("solves several right-hand sides at once as one by one", () => {
    const system = systemOf([doubleNoise(200, 1), doubleNoise(200, 2)], 10);
    const right = [3, 4, 5].map((seed) => [doubleNoise(10, seed), doubleNoise(10, seed + 10)]);
    const together = solveBlockToeplitz(system, right);
    right.forEach((d, e) => {
      expect(solveBlockToeplitz(system, [d])[0]).toEqual(together[e]);
    });
  });

  it("gives zeros for a system of zeros", () => {
    const zero = new Float64Array(9);
    const [x] = solveBlockToeplitz({ n: 5, m: 1, lags: [[zero]] }, [[new Float64Array(5)]]);
    expect(x[0]).toEqual(new Float64Array(5));
  });
});
