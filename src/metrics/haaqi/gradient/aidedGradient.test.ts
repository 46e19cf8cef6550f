import { expect, it } from "vitest";
import { ArgumentError } from "../../../errors.ts";
import { goldenArray, goldenPath, readGolden } from "../../../testing/golden.ts";
import { namedAudiogram } from "../audiogram.ts";
import { fineResample, fineResampleBack } from "../fineResample.ts";
import { aidedGradient } from "./aidedGradient.ts";

const music = goldenArray(readGolden(goldenPath("signals.safetensors")), "music").data;
const truth = Float32Array.from(music.subarray(20000, 42050));
const other = Float32Array.from(music.subarray(130000, 152050));
const estimate = truth.map((x, i) => 0.8 * Math.tanh(2 * x) + 0.1 * other[i]);
const listening = { audiogram: namedAudiogram("mild"), level: 65, sampleRate: 44100 };

it("the way back through the resampler is its transpose", () => {
  const by = fineResample(other, 44100, 24000);
  const forward = fineResample(truth, 44100, 24000);
  const back = fineResampleBack(by, truth.length, 44100, 24000);
  const product = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    Array.from(a).reduce((sum, value, i) => sum + value * b[i], 0);
  expect(product(by, forward) / product(back, truth)).toBeCloseTo(1, 4);
});

it("a step along the gradient raises HAAQI by what the gradient says", () => {
  const { haaqi, gradient } = aidedGradient(estimate, truth, listening);
  const norm = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0));
  const size = Math.sqrt(estimate.reduce((sum, x) => sum + x * x, 0));
  const stepped = (fraction: number) =>
    aidedGradient(
      estimate.map((x, i) => x + (fraction * size * gradient[i]) / norm),
      truth,
      listening,
    ).haaqi;
  const step = 1e-4;
  const slope = (stepped(step) - stepped(-step)) / (2 * step * size);
  const further = stepped(0.001);
  console.log(`HAAQI ${haaqi}: slope ${slope}, gradient ${norm}; a thousandth further ${further}`);
  expect(slope / norm).toBeCloseTo(1, 2);
  expect(further).toBeGreaterThan(haaqi + 0.001);
});

it("refuses what it cannot hear", () => {
  const short = truth.subarray(0, 1000);
  expect(() => aidedGradient(short, short, listening)).toThrow(ArgumentError);
});
