import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { goldenDir } from "../testing/golden.ts";
import { readFixture } from "./testing/readFixture.ts";
import { globalSdr, siSdr } from "./wholeTrack.ts";

const tone = (gain: number, length = 400) =>
  Float64Array.from({ length }, (_, i) => gain * Math.sin(0.1 * i) + 0.01 * gain);

describe("global SDR", () => {
  it("is the closed form for a scaled copy: −20·log10|1−g|", () => {
    fc.assert(
      fc.property(fc.double({ min: -3, max: 0.9, noNaN: true }), (gain) => {
        const sdr = globalSdr([tone(1), tone(2)], [tone(gain), tone(2 * gain)]);
        return Math.abs(sdr + 20 * Math.log10(1 - gain)) < 1e-9;
      }),
    );
  });

  it("tells silence from perfection", () => {
    const silence = [new Float32Array(400)];
    expect(globalSdr(silence, [tone(1)])).toBeNaN();
    expect(globalSdr([tone(1)], silence)).toBe(0);
    expect(globalSdr([tone(1)], [tone(1)])).toBe(Number.POSITIVE_INFINITY);
    expect(siSdr([tone(1)], silence)).toBeNaN();
  });

  it("refuses shapes that differ", () => {
    expect(() => globalSdr([tone(1)], [tone(1, 300)])).toThrow(/differ in shape/);
    expect(() => siSdr([tone(1)], [tone(1), tone(1)])).toThrow(/differ in shape/);
  });
});

interface Results {
  readonly global_sdr: Record<string, number>;
  readonly si_sdr: Record<
    string,
    {
      readonly both_channels_together: number;
      readonly mean_of_channels: number;
      readonly mean_of_channels_after_removing_the_mean: number;
    }
  >;
}

describe.skipIf(!goldenDir)("global SDR and SI-SDR", () => {
  it.each(["bass", "vocals", "other", "drums"])("agree with the reference on %s", async (stem) => {
    const folder = `${goldenDir}bss_eval_v4/`;
    const results: Results = JSON.parse(readFileSync(`${folder}results.json`, "utf8"));
    const reference = await readFixture(`${folder}reference_${stem}.flac`);
    const estimate = await readFixture(`${folder}estimate_${stem}.flac`);
    expect(globalSdr(reference, estimate)).toBeCloseTo(results.global_sdr[stem], 9);
    const expected = results.si_sdr[stem];
    expect(siSdr(reference, estimate)).toBeCloseTo(expected.both_channels_together, 9);
    const channels = reference.map((s, c) => siSdr([s], [estimate[c]]));
    expect((channels[0] + channels[1]) / 2).toBeCloseTo(expected.mean_of_channels, 9);
    const centred = reference.map((s, c) => siSdr([centre(s)], [centre(estimate[c])]));
    expect((centred[0] + centred[1]) / 2).toBeCloseTo(
      expected.mean_of_channels_after_removing_the_mean,
      9,
    );
  });
});

function centre(x: Float32Array): Float64Array {
  const mean = x.reduce((a, b) => a + b, 0) / x.length;
  return Float64Array.from(x, (v) => v - mean);
}
