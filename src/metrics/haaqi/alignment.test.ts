import fc from "fast-check";
import { expect, it } from "vitest";
import { noise } from "../../testing/noise.ts";
import { alignPair } from "./alignment.ts";

const sevenNoise = (length: number) => noise(length, 7);

it("takes the estimate from where its delay says, with silence outside of it", () => {
  fc.assert(
    fc.property(fc.integer({ min: -300, max: 300 }), (late) => {
      const reference = sevenNoise(5000);
      const estimate = reference.map((_, n) => reference[n - late] ?? 0);
      const pair = alignPair(reference, estimate);
      if (!pair) throw new Error("silent");
      const { delay, first, last } = pair;
      expect(delay).toBe(late - 48);
      const joined = pair.estimate.flatMap((piece) => [...piece]);
      const expected = Array.from(
        { length: last - first + 1 },
        (_, n) => estimate[first + n + delay] ?? 0,
      );
      expect(joined).toEqual(expected);
    }),
    { numRuns: 20 },
  );
});

it("hears nothing of an estimate that lies outside", () => {
  const reference = sevenNoise(9000);
  const pair = alignPair(reference, new Float32Array(9000));
  const joined = pair?.estimate.flatMap((piece) => [...piece]) ?? [];
  expect(joined).toHaveLength(pair?.reference.length ?? 0);
  expect(joined.every((value) => value === 0)).toBe(true);
});
