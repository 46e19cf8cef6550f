import { expect, it } from "vitest";
import { ArgumentError } from "../../../errors.ts";
import { goldenArray, goldenPath, readGolden } from "../../../testing/golden.ts";
import { namedAudiogram } from "../audiogram.ts";
import { fineResample, fineResampleBack } from "../fineResample.ts";
import { HaaqiLoss } from "./haaqiLoss.ts";

const music = goldenArray(readGolden(goldenPath("signals.safetensors")), "music").data;
const truth = Float32Array.from(music.subarray(20000, 42050));
const other = Float32Array.from(music.subarray(130000, 152050));
const estimate = truth.map((x, i) => 0.8 * Math.tanh(2 * x) + 0.1 * other[i]);
const audiogram = namedAudiogram("mild");

it("the way back through the resampler is its transpose", () => {
  const by = fineResample(other, 44100, 24000);
  const forward = fineResample(truth, 44100, 24000);
  const back = fineResampleBack(by, truth.length, 44100, 24000);
  const product = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    Array.from(a).reduce((sum, value, i) => sum + value * b[i], 0);
  expect(product(by, forward) / product(back, truth)).toBeCloseTo(1, 4);
});

it("a step along the gradient raises HAAQI by what the gradient says", () => {
  const loss = new HaaqiLoss({ audiograms: [audiogram] });
  const { haaqi, gradient } = loss.channel(estimate, truth, audiogram);
  const norm = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0));
  const size = Math.sqrt(estimate.reduce((sum, x) => sum + x * x, 0));
  const stepped = (fraction: number) =>
    loss.channel(
      estimate.map((x, i) => x + (fraction * size * gradient[i]) / norm),
      truth,
      audiogram,
    ).haaqi;
  const step = 1e-4;
  const slope = (stepped(step) - stepped(-step)) / (2 * step * size);
  const further = stepped(0.001);
  console.log(`HAAQI ${haaqi}: slope ${slope}, gradient ${norm}; a thousandth further ${further}`);
  expect(slope / norm).toBeCloseTo(1, 2);
  expect(further).toBeGreaterThan(haaqi + 0.001);
});

it("draws channels and audiograms, the same for the same seed; silent truths are skipped", () => {
  const silence = new Float32Array(truth.length);
  const [estimates, references] = [
    [estimate, estimate, estimate],
    [truth, silence, truth],
  ];
  const drawn = (seed: number) => {
    const loss = new HaaqiLoss({ audiograms: "random", seed });
    const found = loss.compute(estimates, references);
    return { ...found, heard: found.gradient.map((g) => g.some((value) => value !== 0)) };
  };
  const [first, again] = [drawn(3), drawn(3)];
  expect(again.loss).toBe(first.loss);
  expect(again.heard).toEqual(first.heard);
  expect(first.heard.filter(Boolean)).toHaveLength(1);
  expect(first.heard[1]).toBe(false);
  expect(first.loss).toBeGreaterThan(0);
  const nothing = new HaaqiLoss({ audiograms: "random" }).compute([estimate], [silence]);
  expect(nothing.loss).toBe(0);
  expect(nothing.gradient[0].every((value) => value === 0)).toBe(true);
});

it("refuses what it cannot hear", () => {
  expect(() => new HaaqiLoss({ audiograms: [] })).toThrow(ArgumentError);
  expect(() => new HaaqiLoss({ audiograms: "random", channels: 0 })).toThrow(ArgumentError);
  const loss = new HaaqiLoss({ audiograms: "random" });
  const short = truth.subarray(0, 1000);
  expect(() => loss.compute([short], [short])).toThrow(ArgumentError);
});
