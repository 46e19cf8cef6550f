import { describe, expect, it } from "vitest";
import type { SongStems, Stereo } from "../../datasets/index.ts";
import { sumOfStems } from "../../datasets/index.ts";
import { AbortError } from "../../errors.ts";
import { globalSdr } from "../../metrics/wholeTrack.ts";
import { targets } from "../../networks/index.ts";
import { agreement } from "../../testing/golden.ts";
import { noiseSource } from "../../testing/noise.ts";
import { makeOracle, oracleNames } from "./oracle.ts";
import { parseTransform } from "./transforms.ts";

function tone(frequency: number, pan: number, samples = 30000): Stereo {
  const random = noiseSource(Math.round(frequency));
  const mono = Float32Array.from({ length: samples }, (_, i) => {
    const burst = Math.sin(i / 3000 + frequency) ** 2;
    return 0.2 * burst * Math.sin((2 * Math.PI * frequency * i) / 44100) + 1e-3 * random();
  });
  return [mono.map((x) => x * Math.cos(pan)), mono.map((x) => x * Math.sin(pan))];
}

const stems: SongStems = {
  bass: tone(110, 0.4),
  vocals: tone(620, 0.8),
  other: tone(1500, 1.1),
  drums: tone(4000, 0.7),
};
const mixture = sumOfStems(stems);
const transforms = [
  "bark-64-40",
  "mel-32-115.5",
  "stft-2048-512-hann",
  "stft-1024-512-rectangular",
];

describe("oracle transforms", () => {
  it.each([...transforms, "stft-512-128-blackman", "stft-256-128-sine", "stft-64-16-hamming"])(
    "invert themselves: %s",
    (name) => {
      const bank = parseTransform(name);
      const back = bank.synthesise(bank.analyse(mixture), mixture[0].length);
      const dB = Math.min(agreement(mixture[0], back[0]), agreement(mixture[1], back[1]));
      console.log(`${name}: ${dB.toFixed(0)} dB`);
      expect(dB).toBeGreaterThan(120);
    },
  );

  it.each([
    "stft-1000-250-hann",
    "stft-512-400-hann",
    "stft-512-128-round",
    "bark",
    "bark-x-30",
    "sine-3-4",
    "",
  ])("are refused: %j", (name) => {
    expect(() => parseTransform(name)).toThrow(/STFT|transform/);
  });
});

describe("oracles", () => {
  it("give the mixture for every stem as the baseline", async () => {
    const estimates = await makeOracle("mixture", "").estimate(mixture, stems, 44100);
    for (const target of targets) expect(estimates[target]).toBe(mixture);
  });

  it.each(transforms)("are far better than the mixture in %s", async (transform) => {
    for (const name of oracleNames) {
      const oracle = makeOracle(name, transform);
      const estimates = await oracle.estimate(mixture, stems, 44100);
      const sdr = targets.map((t) => globalSdr(stems[t], estimates[t]));
      console.log(`${oracle.name}: ${sdr.map((x) => x.toFixed(1)).join(", ")} dB`);
      for (const value of sdr) {
        if (name === "mixture") expect(value).toBeLessThan(0);
        else expect(value).toBeGreaterThan(8);
      }
    }
  });

  it("share the mixture out without loss by ratio masks", async () => {
    for (const name of ["irm1", "irm2"] as const) {
      const estimates = await makeOracle(name, "bark-64-40").estimate(mixture, stems, 44100);
      expect(agreement(mixture[0], sumOfStems(estimates)[0])).toBeGreaterThan(110);
    }
  });

  it("are perfect when a stem is alone", async () => {
    const silence: Stereo = [new Float32Array(30000), new Float32Array(30000)];
    const alone = { bass: stems.bass, vocals: silence, other: silence, drums: silence };
    for (const name of ["irm1", "irm2", "mix-phase"] as const) {
      const { bass } = await makeOracle(name, "bark-64-40").estimate(stems.bass, alone, 44100);
      expect(agreement(stems.bass[0], bass[0])).toBeGreaterThan(110);
    }
  });

  it("refuse another sample rate than the transform's, and stop when asked", async () => {
    const oracle = makeOracle("irm1", "bark-64-40");
    await expect(oracle.estimate(mixture, stems, 48000)).rejects.toThrow(/made for 44100 Hz/);
    await expect(
      oracle.estimate(mixture, stems, 44100, AbortSignal.abort()),
    ).rejects.toBeInstanceOf(AbortError);
  });
});
