import { describe, expect, it } from "vitest";
import { type ScaleOptions, scaleBands } from "../transforms/slicqt/index.ts";
import { frequencyWarp } from "./frequencyWarp.ts";

const scales: ScaleOptions[] = [
  { scale: "bark", bins: 262, fmin: 32.9 },
  { scale: "mel", bins: 32, fmin: 115.5 },
  { scale: "cqlog", bins: 12, fmin: 20 },
  { scale: "vqlog", bins: 80, fmin: 20, gamma: 15 },
  { scale: "vqlog", bins: 80, fmin: 20 },
  { scale: "linear", bins: 64, fmin: 100 },
  { scale: "mrstft", bins: 0, fmin: 0 },
];

describe.each(scales)("the warping of $scale $bins", (options) => {
  const warp = frequencyWarp(options);
  const { frequencies } = scaleBands(options);

  it("puts every band of the scale at its number", () => {
    for (const [band, hertz] of frequencies.entries()) {
      expect(warp.toBand(hertz)).toBeCloseTo(band, 3);
      expect(warp.toHertz(band) / hertz).toBeCloseTo(1, 6);
    }
  });

  it("increases, and goes back the way it came, between the bands too", () => {
    let before = Number.NEGATIVE_INFINITY;
    for (let band = -0.5; band < frequencies.length - 0.7; band += 0.37) {
      const hertz = warp.toHertz(band);
      expect(hertz).toBeGreaterThan(before);
      expect(warp.toBand(hertz)).toBeCloseTo(band, 6);
      before = hertz;
    }
  });
});

it("logarithmic scales do not reach down to 0 Hz", () => {
  const { toBand } = frequencyWarp({ scale: "cqlog", bins: 12, fmin: 20 });
  expect(toBand(0)).toBe(Number.NEGATIVE_INFINITY);
  const shifted = frequencyWarp({ scale: "vqlog", bins: 12, fmin: 20, gamma: 15 });
  expect(shifted.toBand(10)).toBe(Number.NEGATIVE_INFINITY);
});
