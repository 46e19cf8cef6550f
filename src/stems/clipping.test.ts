import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clampSamples, fullScale, LevelMeter, scaleSamples } from "./clipping.ts";

const samples = fc.float32Array({ noNaN: true, noDefaultInfinity: true, min: -50, max: 50 });

describe("levels", () => {
  it("any samples fit after the gain, which is never above 1, and 1 where they fit before", () => {
    fc.assert(
      fc.property(fc.array(samples, { minLength: 1 }), (blocks) => {
        const meter = new LevelMeter();
        for (const block of blocks) meter.show([block]);
        const all = blocks.flatMap((block) => [...block]);
        expect(meter.peak).toBe(all.reduce((peak, x) => Math.max(peak, Math.abs(x)), 0));
        const most = fullScale({ container: "wav", encoding: "int16" });
        const gain = meter.gain(most);
        expect(gain).toBeGreaterThan(0);
        expect(gain).toBeLessThanOrEqual(1);
        if (all.every((x) => x <= most && x >= -1)) expect(gain).toBe(1);
        for (const x of all) {
          expect(x * gain).toBeLessThanOrEqual(most * (1 + 1e-12));
          expect(x * gain).toBeGreaterThanOrEqual(-1 - 1e-12);
        }
      }),
    );
  });

  it("what integers hold is -1 to one step below 1", () => {
    const meter = new LevelMeter();
    meter.show([Float32Array.of(-1, 32767 / 32768)]);
    expect(meter.gain(fullScale({ container: "flac", encoding: "int16" }))).toBe(1);
    meter.show([Float32Array.of(1)]);
    expect(meter.gain(fullScale({ container: "flac", encoding: "int16" }))).toBe(32767 / 32768);
  });

  it("clamping changes what is beyond, and counts it", () => {
    const block = [Float32Array.of(0.5, 1, -1, 1.5, -7)];
    expect(clampSamples(block, 0.75)).toBe(3);
    expect(block[0]).toEqual(Float32Array.of(0.5, 0.75, -1, 0.75, -1));
    // What is no number is for the writer to refuse, not to be made one.
    expect(clampSamples([Float32Array.of(Number.NaN)], 0.75)).toBe(0);
  });

  it("scaling multiplies", () => {
    const block = [Float32Array.of(1, -3)];
    scaleSamples(block, 0.5);
    expect(block[0]).toEqual(Float32Array.of(0.5, -1.5));
  });
});
