import { describe, expect, it } from "vitest";
import { agreement, goldenArray, goldenPath, readGolden } from "../../testing/golden.ts";
import { audiogramFrequencies, type Audiogram, earLevels, namedAudiogram } from "./audiogram.ts";
import { LegacyRandom } from "./legacyRandom.ts";
import { polyphaseTaps, toModelRate } from "./modelRate.ts";
import { convolve, prescriptionFilter } from "./prescription.ts";
import { chebyshev, highPass, lowPass } from "./recursive.ts";

const pairs = readGolden(goldenPath("haaqi/pairs.safetensors"));
const cadenza = readGolden(goldenPath("haaqi/cadenza.safetensors"));
const signals = readGolden(goldenPath("signals.safetensors"));
const golden = (name: string) => goldenArray(pairs, name).data;
const close = (ours: ArrayLike<number>, name: string, digits = 1e-9, file = pairs) => {
  const theirs = goldenArray(file, name).data;
  expect(ours.length, name).toBe(theirs.length);
  let worst = 0;
  for (let i = 0; i < ours.length; i++) worst = Math.max(worst, Math.abs(ours[i] - theirs[i]));
  expect(worst, name).toBeLessThan(digits);
};
const audiograms: Record<string, Audiogram> = {
  normal: namedAudiogram("normal"),
  mild: namedAudiogram("mild"),
  modsev: namedAudiogram("moderate-severe"),
  severe: { frequencies: audiogramFrequencies, levels: [60, 65, 70, 75, 85, 90, 95, 100] },
  missing: { frequencies: [250, 500, 1500, 3000, 8000], levels: [20, 30, 45, 60, 50] },
};

describe("the parts of HAAQI", () => {
  it.each([
    ["normal", 220, 44100],
    ["mild", 220, 44100],
    ["modsev", 220, 44100],
    ["severe", 220, 44100],
    ["missing", 220, 44100],
    ["normal", 140, 24000],
    ["mild", 140, 24000],
    ["modsev", 140, 24000],
  ])("NAL-R for %s, order %i at %i Hz", (name, order, rate) => {
    const taps = prescriptionFilter(earLevels(audiograms[name]), order, rate);
    close(taps, `nalr.${name}.${order}.${rate}`, 1e-9, cadenza);
  });

  it("NAL-R is applied by a full convolution", () => {
    const music = goldenArray(signals, "music").data.subarray(0, 4410);
    for (const name of ["normal", "mild", "modsev"]) {
      const taps = prescriptionFilter(earLevels(audiograms[name]), 220, 44100);
      close(convolve(music, taps), `nalr.${name}.applied`, 1e-9, cadenza);
    }
  });

  it("normal numbers are NumPy's, in their order, and can be skipped", () => {
    for (const seed of [0, 42, 35978322]) {
      const ours = new Float64Array(1000);
      new LegacyRandom(seed).normals(ours);
      close(ours, `normals.seed${seed}`, 1e-14);
      const later = new LegacyRandom(seed);
      later.skip(3);
      later.skip(334);
      const rest = new Float64Array(663);
      later.clone().normals(rest);
      expect(rest).toEqual(ours.subarray(337));
    }
  });

  it("filters are the original's", () => {
    for (const kilohertz of [24, 32, 44, 48]) {
      const { b, a } = chebyshev(21 / kilohertz);
      close([...b, ...a], `cheby2.${kilohertz}`);
    }
    const [low, high] = [lowPass(5000, 24000), highPass(350, 24000)];
    close([...low.b, ...low.a, ...high.b, ...high.a], "middle_ear");
    const gain = lowPass(800, 24000);
    close([...gain.b, ...gain.a], "gain_lowpass");
    close(polyphaseTaps(6, 11), "resample.taps.6-11");
  });

  it.each([16000, 22050, 32000, 44100, 48000])("resamples %i Hz as the original", (rate) => {
    const ours = toModelRate(goldenArray(signals, "music").data.subarray(0, 22050) as Float32Array, rate);
    const db = agreement(golden(`resample.${rate}`), ours);
    console.log(`to 24 kHz from ${rate}: ${db.toFixed(1)} dB`);
    expect(db).toBeGreaterThan(130);
  });
});
