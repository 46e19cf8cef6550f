import { describe, expect, it } from "vitest";
import { forward, planSliCQT } from "../slicqt/index.ts";
import { BALANCE_ROWS, balance } from "./balance.ts";
import { feed } from "./blockGraph.ts";
import { prepareBatch } from "./preparedBatch.ts";
import { originalLosses } from "./settings.ts";

const plan = planSliCQT({ scale: "mel", bins: 32, fmin: 115.5 });
const SAMPLES = 9000;

/** Stems of two items: noise of the given amplitudes. */
function items(amplitudes: readonly (readonly number[])[]) {
  let seed = 1;
  const noise = () => {
    seed = (seed * 48271) % 2147483647;
    return seed / 1073741823.5 - 1;
  };
  return amplitudes.map((ofItem) => ({
    stems: ofItem.map((a) =>
      [0, 1].map(() => Float32Array.from({ length: SAMPLES }, () => a * noise())),
    ),
  }));
}

function coefficients(amplitudes: readonly (readonly number[])[]) {
  return forward(
    plan,
    items(amplitudes).flatMap(({ stems }) => stems.flat()),
  );
}

describe("weights of the balanced loss", () => {
  it("are in each block 1/q + 1/r, to a common factor", () => {
    const amplitudes = [
      [1, 0.5, 2, 0.7],
      [0.3, 0.2, 0.1, 0.4],
    ];
    const weights = balance(plan, coefficients(amplitudes));
    const expected = amplitudes.map((ofItem) => {
      const all = ofItem.reduce((sum, a) => sum + a * a, 0);
      return ofItem.map((a) => 1 / (a * a) + 1 / (all - a * a));
    });
    for (const block of weights) {
      expect(block.length).toBe(BALANCE_ROWS * 2);
      const first = block[0] / expected[0][0];
      for (const [item, ofItem] of expected.entries()) {
        for (const [j, w] of ofItem.entries()) {
          // Noise has its energy but for a few per cent.
          expect(block[2 * j + item] / first / w).toBeGreaterThan(0.9);
          expect(block[2 * j + item] / first / w).toBeLessThan(1.1);
        }
        const joint = block[8 + item] / first;
        expect(joint / (0.75 * Math.min(...ofItem))).toBeCloseTo(1, 0);
      }
    }
  });

  it("do not depend on the gain of an item, and are bounded for silent stems", () => {
    const quiet = balance(plan, coefficients([[0.1, 0.1, 0.1, 0]]));
    const loud = balance(plan, coefficients([[1, 1, 1, 0]]));
    for (const [block, weights] of loud.entries()) {
      for (const [i, weight] of weights.entries()) {
        expect(quiet[block][i] * 0.01).toBeCloseTo(weight, -Math.floor(Math.log10(weight)) + 2);
      }
      expect(weights[3] / weights[0]).toBeGreaterThan(20);
      expect(weights[3] / weights[0]).toBeLessThan(100);
    }
    for (const weights of balance(plan, coefficients([[0, 0, 0, 0]]))) {
      expect(weights.every((w) => w === 0)).toBe(true);
    }
  });

  it("make the loss of silence 1, with what lies beside the mixture's phase", () => {
    const losses = { ...originalLosses, spectral: "balanced" as const };
    const batch = prepareBatch(plan, items([[1, 0.5, 2, 0.7]]), {
      phase: { method: "mix" },
      losses,
    });
    for (const [block, { feeds, constant }] of batch.blocks.entries()) {
      const weights = feeds[feed.balance].data;
      const inPhase = feeds[feed.inPhase].data;
      const rows = inPhase.length / 4;
      let sum = constant;
      for (let i = 0; i < inPhase.length; i++)
        sum += weights[Math.floor(i / rows)] * inPhase[i] ** 2;
      expect(sum, `block ${block}`).toBeCloseTo(1, 4);
    }
  });
});
