import { describe, expect, it } from "vitest";
import { planSliCQT, SAMPLE_RATE, type ScaleOptions } from "../transforms/slicqt/index.ts";
import { planView } from "./viewPlan.ts";

const scales: ScaleOptions[] = [
  { scale: "bark", bins: 262, fmin: 32.9 },
  { scale: "mel", bins: 32, fmin: 115.5 },
  { scale: "cqlog", bins: 24, fmin: 40 },
  { scale: "vqlog", bins: 60, fmin: 20, gamma: 15 },
  { scale: "linear", bins: 64, fmin: 100 },
  { scale: "mrstft", bins: 0, fmin: 0 },
];

describe.each(scales)("the windows of $scale $bins", (options) => {
  const { transform, warp } = planView(options);
  const unit = SAMPLE_RATE / transform.sliceLength;
  /** Of a band at a frequency that is a whole number of units. */
  const windowAt = (band: number, place: number) => {
    const length = transform.coefs[band];
    const offset = place - transform.positions[band];
    return Math.abs(offset) < length / 2 ? transform.analysis[band].at(offset) : 0;
  };

  it("fit the transform: multiples of four, no longer than a slice, blocks in order", () => {
    expect(transform.coefs.length).toBe(planSliCQT(options).coefs.length - 2);
    let bin = 0;
    for (const { first, bins, coefs } of transform.blocks) {
      expect(first).toBe(bin);
      for (let end = bin + bins; bin < end; bin++) expect(transform.coefs[bin]).toBe(coefs);
    }
    expect(bin).toBe(transform.coefs.length);
    for (const coefs of transform.coefs) {
      expect(coefs % 4).toBe(0);
      expect(coefs).toBeLessThanOrEqual(transform.sliceLength);
    }
  });

  it("are 1 at their band, 8.3 dB down at its neighbours and nothing beyond two and a half bands", () => {
    for (let band = 3; band < transform.coefs.length - 3; band += 7) {
      for (const [place, expected] of [
        [0, 1],
        [1, 0.3858],
        [-1, 0.3858],
        [2.6, 0],
        [-2.6, 0],
      ]) {
        // At the whole number of units that is nearest.
        const at = Math.round(warp.toHertz(band + place) / unit);
        const off = Math.abs(warp.toBand(at * unit) - band - place);
        if (at <= 0 || at >= transform.sliceLength / 2 || off > 0.05) continue;
        expect(Math.abs((windowAt(band, at) ?? 0) - expected)).toBeLessThan(0.05);
      }
    }
  });
});
