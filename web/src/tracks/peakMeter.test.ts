/** Peaks of samples in blocks are those of the whole, however it is cut. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { PEAK_HOP, PeakMeter } from "./peakMeter.ts";

it("peaks do not depend on how the samples are cut", () => {
  const sample = fc.float({ min: -2, max: 2, noNaN: true });
  const cuts = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(cuts, fc.array(sample, { minLength: 2, maxLength: 50 }), (lengths, values) => {
      const frames = lengths.reduce((sum, length) => sum + length, 0);
      const channels = [0, 1].map((c) =>
        Float32Array.from({ length: frames }, (_, i) => values[(i * 7 + c) % values.length]),
      );
      const count = Math.ceil(frames / PEAK_HOP);
      const [lowest, highest] = [new Float32Array(count), new Float32Array(count)];
      const meter = new PeakMeter();
      let at = 0;
      for (const length of lengths) {
        const part = meter.push(channels.map((channel) => channel.subarray(at, at + length)));
        lowest.set(part.lowest, part.from);
        highest.set(part.highest, part.from);
        at += length;
      }
      for (let i = 0; i < count; i++) {
        const all = channels.flatMap((c) => [...c.subarray(i * PEAK_HOP, (i + 1) * PEAK_HOP)]);
        expect(lowest[i]).toBe(Math.min(...all));
        expect(highest[i]).toBe(Math.max(...all));
      }
    }),
    { numRuns: 20 },
  );
});
