import fc from "fast-check";
import { expect, it } from "vitest";
import { promoted, rungsOf } from "./halving.ts";

it("makes rungs of which each is so many times as long as the one before", () => {
  expect(rungsOf(27, 3, 4)).toEqual([1, 3, 9, 27]);
  expect(rungsOf(100, 3, 3)).toEqual([11, 33, 100]);
  expect(rungsOf(5, 2, 1)).toEqual([5]);
  expect(() => rungsOf(4, 3, 3)).toThrow(/3 rungs/);
});

it("sends on one in so many, the best, and never one without a score", () => {
  const trial = fc.option(fc.integer({ min: -9, max: 9 }), { nil: undefined });
  fc.assert(
    fc.property(
      fc.array(trial, { minLength: 1 }),
      fc.integer({ min: 2, max: 5 }),
      (scores, factor) => {
        const goOn = promoted(
          scores.map((score, trial) => ({ trial, score })),
          factor,
        );
        const scored = scores.filter((score) => score !== undefined);
        expect(goOn.length).toBe(Math.min(scored.length, Math.ceil(scores.length / factor)));
        const worst = Math.min(...goOn.map((trial) => scores[trial] ?? Number.NaN));
        for (const [trial, score] of scores.entries()) {
          if (score !== undefined && !goOn.includes(trial)) expect(score <= worst).toBe(true);
        }
      },
    ),
  );
});
