/** BSS Eval against its definition written down plainly: normal equations, elimination, sums. */
import { describe, expect, it } from "vitest";
import { AbortError } from "../../errors.ts";
import { doubleNoise } from "../../testing/noise.ts";
import { type BssEvalOptions, bssEval } from "./bssEval.ts";
import type { Source } from "./criteria.ts";
import { frameRanges } from "./frames.ts";
import { bestPermutation, permutations } from "./permutation.ts";

const TAPS = 7;

/** The signal delayed by k samples, `TAPS − 1` samples longer. */
function delayed(x: ArrayLike<number>, k: number): number[] {
  return Array.from({ length: x.length + TAPS - 1 }, (_, t) => x[t - k] ?? 0);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, x, i) => sum + x * b[i], 0);
}

/** Gauss with pivots. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]]);
  for (let c = 0; c < rows.length; c++) {
    let pivot = c;
    for (let r = c; r < rows.length; r++) {
      if (Math.abs(rows[r][c]) > Math.abs(rows[pivot][c])) pivot = r;
    }
    [rows[c], rows[pivot]] = [rows[pivot], rows[c]];
    for (let r = c + 1; r < rows.length; r++) {
      const factor = rows[r][c] / rows[c][c];
      for (let k = c; k <= rows.length; k++) rows[r][k] -= factor * rows[c][k];
    }
  }
  const x = rows.map(() => 0);
  for (let c = rows.length - 1; c >= 0; c--) {
    const known = rows[c].slice(c + 1, -1).reduce((sum, v, i) => sum + v * x[c + 1 + i], 0);
    x[c] = (rows[c][rows.length] - known) / rows[c][c];
  }
  return x;
}

/** Filters from one stretch, applied to another. */
function project(
  channels: readonly ArrayLike<number>[],
  estimate: ArrayLike<number>,
  frame: readonly ArrayLike<number>[],
): number[] {
  const basis = channels.flatMap((x) => Array.from({ length: TAPS }, (_, k) => delayed(x, k)));
  const e = delayed(estimate, 0);
  const weights = solve(
    basis.map((a) => basis.map((b) => dot(a, b))),
    basis.map((a) => dot(a, e)),
  );
  const out = delayed(frame[0], 0).map(() => 0);
  frame.forEach((x, c) => {
    for (let k = 0; k < TAPS; k++) {
      delayed(x, k).forEach((v, t) => {
        out[t] += weights[c * TAPS + k] * v;
      });
    }
  });
  return out;
}

/** SDR, ISR, SIR, SAR of one source in one frame. */
function plain(
  references: readonly Source[],
  estimates: readonly Source[],
  j: number,
  [from, to]: readonly [number, number],
  options: BssEvalOptions,
): number[] {
  const cut = (x: ArrayLike<number>) => Array.from(x).slice(from, to);
  const whole = (x: ArrayLike<number>) => (options.filters === "whole" ? Array.from(x) : cut(x));
  const join = (parts: readonly (readonly number[])[]) => parts.flat();
  const s = join(references[j].map((x) => delayed(cut(x), 0)));
  const e = join(estimates[j].map((x) => delayed(cut(x), 0)));
  const own = join(
    estimates[j].map((x) => project(references[j].map(whole), whole(x), references[j].map(cut))),
  );
  const every = references.flat();
  const all = join(estimates[j].map((x) => project(every.map(whole), whole(x), every.map(cut))));
  const energy = (a: readonly number[], b?: readonly number[]) =>
    a.reduce((sum, x, i) => sum + (x - (b?.[i] ?? 0)) ** 2, 0);
  const dB = (a: number, b: number) => 10 * Math.log10(a / b);
  const [sir, sar] = [dB(energy(own), energy(all, own)), dB(energy(all), energy(e, all))];
  return options.criteria === "images"
    ? [dB(energy(s), energy(e, s)), dB(energy(s), energy(own, s)), sir, sar]
    : [dB(energy(own), energy(e, own)), Number.NaN, sir, sar];
}

describe("BSS Eval", () => {
  const samples = 130;
  const references = [0, 1, 2].map((j) => [
    doubleNoise(samples, 3 * j + 1),
    doubleNoise(samples, 3 * j + 2),
  ]);
  const estimates = references.map((source, j) =>
    source.map((x, c) => {
      const other = references[(j + 1) % 3][c];
      const own = doubleNoise(samples, 100 + 7 * j + c);
      return x.map((v, i) => v + 0.3 * (x[i - 2] ?? 0) + 0.4 * other[i] + 0.2 * own[i]);
    }),
  );
  const framing = { window: 50, hop: 40 };

  it.each([
    { criteria: "images", filters: "whole", framing },
    { criteria: "images", filters: "frame", framing },
    { criteria: "sources", filters: "frame" },
    { criteria: "sources", filters: "whole", framing },
  ] as const)("is its definition: $criteria, filters of the $filters", async (choice) => {
    const options = { ...choice, taps: TAPS };
    const scores = await bssEval(references, estimates, options);
    const ranges =
      "framing" in choice
        ? ([
            [0, 50],
            [40, 90],
            [80, 130],
          ] as const)
        : ([[0, samples]] as const);
    scores.sources.forEach(({ SDR, ISR, SIR, SAR }, j) => {
      expect(SDR).toHaveLength(ranges.length);
      ranges.forEach((range, t) => {
        const expected = plain(references, estimates, j, range, options);
        [SDR[t], ISR[t], SIR[t], SAR[t]].forEach((value, m) => {
          if (Number.isNaN(expected[m])) expect(value).toBeNaN();
          else expect(value).toBeCloseTo(expected[m], 8);
        });
      });
    });
  });

  it("has no scores in frames where any source is silent, and none at all for a silent stem", async () => {
    const quiet = references.map((source, j) =>
      source.map((x) => (j === 1 ? x.map((v, i) => (i >= 80 ? 0 : v)) : x)),
    );
    const options = { criteria: "images", filters: "whole", framing, taps: TAPS } as const;
    const scores = await bssEval(quiet, estimates, options);
    for (const { SDR, SAR } of scores.sources) {
      expect([...SDR].map(Number.isNaN)).toEqual([false, false, true]);
      expect([...SAR].map(Number.isNaN)).toEqual([false, false, true]);
    }
    const silence = [new Float64Array(samples), new Float64Array(samples)];
    const none = await bssEval([references[0], references[1], silence], estimates, options);
    for (const { SIR } of none.sources) expect(SIR.every(Number.isNaN)).toBe(true);
  });

  it("scores a perfect estimate as infinitely good and goes on", async () => {
    const options = { criteria: "images", filters: "whole", framing, taps: TAPS } as const;
    const { sources } = await bssEval(references, references, options);
    expect([...sources[0].SDR]).toEqual([1, 1, 1].map(() => Number.POSITIVE_INFINITY));
    expect(sources[0].SAR[0]).toBeGreaterThan(200);
  });

  it("finds estimates in any order", async () => {
    const options = {
      criteria: "sources",
      filters: "frame",
      taps: TAPS,
      permutation: true,
    } as const;
    for (const order of permutations(3)) {
      const { permutation } = await bssEval(
        references,
        order.map((j) => estimates[j]),
        options,
      );
      expect(permutation.map((e) => order[e])).toEqual([0, 1, 2]);
    }
    expect(bestPermutation(2, () => 1)).toEqual([0, 1]);
  });

  it("reports progress to the end and stops when asked", async () => {
    const seen: number[] = [];
    await bssEval(references, estimates, {
      criteria: "images",
      filters: "whole",
      framing,
      taps: TAPS,
      onProgress: (fraction) => seen.push(fraction),
    });
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(1);
    const signal = AbortSignal.abort();
    await expect(
      bssEval(references, estimates, { criteria: "images", filters: "whole", signal }),
    ).rejects.toBeInstanceOf(AbortError);
  });

  it("refuses shapes that do not fit, by name", async () => {
    const options = { criteria: "images", filters: "whole" } as const;
    await expect(bssEval([], [], options)).rejects.toThrow(/nothing to score/);
    await expect(bssEval(references, estimates.slice(1), options)).rejects.toThrow(
      /3 references but 2/,
    );
    const short = [estimates[0], estimates[1], estimates[2].map((x) => x.subarray(1))];
    await expect(bssEval(references, short, options)).rejects.toThrow(/lengths \[129, 129\]/);
    await expect(bssEval(references, estimates, { ...options, taps: 0 })).rejects.toThrow(/taps/);
  });
});

describe("frames", () => {
  it("are those that fit, floored where the hop is broken", () => {
    expect(frameRanges(100, { window: 40, hop: 30 })).toEqual([
      { index: 0, from: 0, count: 40 },
      { index: 1, from: 30, count: 40 },
      { index: 2, from: 60, count: 40 },
    ]);
    expect(frameRanges(300032, { window: 44100, hop: 44100 })).toHaveLength(6);
    expect(frameRanges(100, { window: 100, hop: 10 })).toHaveLength(1);
    expect(frameRanges(100, undefined)).toEqual([{ index: 0, from: 0, count: 100 }]);
    expect(
      frameRanges(10, { window: 3.5, hop: 2.5 }).map(({ from, count }) => [from, count]),
    ).toEqual([
      [0, 3],
      [2, 4],
      [5, 3],
    ]);
  });
});
