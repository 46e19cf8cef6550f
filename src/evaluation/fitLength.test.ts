import { expect, it } from "vitest";
import { fitLength } from "./fitLength.ts";

const stereo = (length: number) =>
  [Float32Array.from({ length }, (_, i) => i + 1), new Float32Array(length).fill(2)] as const;

it("estimates that are some samples off are cut or padded, and that is said of each", () => {
  const stems = { bass: stereo(10), vocals: stereo(12), other: stereo(7), drums: stereo(10) };
  const { estimates, notes } = fitLength(stems, 10);
  expect(notes).toEqual([
    "the estimate of vocals is 2 samples longer than the reference and was cut",
    "the estimate of other is 3 samples shorter than the reference and was padded with silence",
  ]);
  expect([...estimates.vocals[0]]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect([...estimates.other[0]]).toEqual([1, 2, 3, 4, 5, 6, 7, 0, 0, 0]);
  expect([...estimates.other[1]]).toEqual([2, 2, 2, 2, 2, 2, 2, 0, 0, 0]);
});

it("estimates of the right length are left alone", () => {
  const stems = { bass: stereo(4), vocals: stereo(4), other: stereo(4), drums: stereo(4) };
  const fitted = fitLength(stems, 4);
  expect(fitted.estimates).toBe(stems);
  expect(fitted.notes).toEqual([]);
});
