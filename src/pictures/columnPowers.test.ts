import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { noise } from "../testing/noise.ts";
import { ColumnMeter, type TimeRange } from "./columnPowers.ts";
import { planView } from "./viewPlan.ts";

const view = planView({ scale: "mel", bins: 32, fmin: 115.5 });
const second = 44100;

function measure(
  channels: readonly Float32Array[],
  columns: number,
  range: TimeRange,
  { begin = 0, cuts = [] as readonly number[] } = {},
) {
  const meter = new ColumnMeter(view, channels.length, columns, range, begin);
  const edges = [0, ...cuts, channels[0].length];
  for (let i = 1; i < edges.length; i++) {
    meter.push(channels.map((samples) => samples.subarray(edges[i - 1], edges[i])));
  }
  return meter.finish();
}

const whole = { start: 0, duration: 1 };

describe("powers of columns", () => {
  it("are the same however the signal is cut", () => {
    const signal = [noise(9000, 1), noise(9000, 2)];
    const range = { start: 0, duration: 9000 / second };
    const expected = measure(signal, 13, range);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9000 }), { maxLength: 9 }), (cuts) => {
        const sorted = cuts.sort((a, b) => a - b);
        const found = measure(signal, 13, range, { cuts: sorted });
        for (const [band, row] of found.bands.entries()) {
          for (const [x, power] of row.entries()) {
            expect(power).toBeCloseTo(expected.bands[band][x], 7);
          }
        }
      }),
      { numRuns: 20 },
    );
  });

  it("of few columns are the means of those of many", () => {
    const signal = [noise(second, 3)];
    const fine = measure(signal, 60, whole);
    const coarse = measure(signal, 12, whole);
    for (const [band, row] of coarse.bands.entries()) {
      for (const [x, power] of row.entries()) {
        const part = fine.bands[band].subarray(5 * x, 5 * x + 5);
        expect(power / (part.reduce((a, b) => a + b) / 5)).toBeCloseTo(1, 4);
      }
    }
  });

  it("are those of the same moments, wherever reading began", () => {
    const signal = noise(second, 4);
    const range = { start: 0.4, duration: 0.2 };
    const all = measure([signal], 8, range);
    const from = 5000;
    const part = measure([signal.subarray(from)], 8, range, { begin: from / second });
    for (const [band, row] of part.bands.entries()) {
      for (const [x, power] of row.entries()) {
        // The slices lie elsewhere; only what rings beyond them differs.
        expect(Math.abs(10 * Math.log10(power / all.bands[band][x]))).toBeLessThan(0.3);
      }
    }
  });

  it("are means over the channels", () => {
    const signal = noise(20000, 5);
    const range = { start: 0, duration: 20000 / second };
    const alone = measure([signal], 5, range);
    const both = measure([signal, new Float32Array(20000)], 5, range);
    for (const [band, row] of both.bands.entries()) {
      for (const [x, power] of row.entries())
        expect(power / alone.bands[band][x]).toBeCloseTo(0.5, 4);
    }
  });

  it("are zero where there is no signal", () => {
    const { bands } = measure([noise(second / 4, 6)], 8, whole);
    // A slice may ring a little after the end.
    for (const row of bands) expect(Math.max(...row.subarray(4))).toBe(0);
  });

  it("of a steady tone are its power in every column", () => {
    const hertz = view.warp.toHertz(11);
    const tone = Float32Array.from(
      { length: second },
      (_, i) => 0.25 * Math.sin((2 * Math.PI * hertz * i) / second),
    );
    const { bands } = measure([tone], 20, whole);
    for (const power of bands[11].subarray(1, 19)) expect(power / 0.0625).toBeCloseTo(1, 2);
  });
});
