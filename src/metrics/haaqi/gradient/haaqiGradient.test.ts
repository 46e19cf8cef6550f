import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { agreement, goldenArray, goldenPath, readGolden } from "../../../testing/golden.ts";
import { alignPair } from "../alignment.ts";
import { earLevels, namedAudiogram } from "../audiogram.ts";
import { bandLosses } from "../cochlea.ts";
import { EarModel } from "../ears.ts";
import { hearPair, ownReference } from "../haaqi.ts";
import { GradientKernels } from "./gradientKernels.ts";
import { haaqiGradient, hearReference } from "./haaqiGradient.ts";

const golden = readGolden(goldenPath("haaqi/gradient.safetensors"));
const known: Record<string, { haaqi: number; gradient_norm: number }> = JSON.parse(
  readFileSync(goldenPath("haaqi/gradient.json"), "utf8"),
);
const floats = (name: string) => Float32Array.from(goldenArray(golden, name).data);
const audiograms = {
  normal: namedAudiogram("normal"),
  mild: namedAudiogram("mild"),
  modsev: namedAudiogram("moderate-severe"),
} as const;

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [aa, bb, ab] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    aa += a[i] * a[i];
    bb += b[i] * b[i];
    ab += a[i] * b[i];
  }
  return ab / Math.sqrt(aa * bb);
}

const all = process.env.XUMX_ALL_TESTS === "1";
const cases = (["normal", "mild", "modsev"] as const).filter(
  (name) => golden.has(`${name}.processed`) && (all || name === "normal"),
);

describe.each(cases)("the gradient of HAAQI for %s", (name) => {
  it("is the original's, along and across", async () => {
    const audiogram = audiograms[name];
    const [reference, processed] = [floats("reference"), floats(`${name}.processed`)];
    const pair = alignPair(reference, processed);
    if (!pair) throw new Error("silent");
    const fullScale = 65 - 20 * Math.log10(agreementRms(reference));
    const bands = await hearPair(new EarModel(), pair, fullScale, { audiogram, noise: "off" });
    const levels = earLevels(audiogram);
    const pieces: number[] = [];
    ownReference(pair, levels, "prescription", (piece) => pieces.push(...piece));
    const [reference24, losses] = [Float64Array.from(pieces), bandLosses(levels)];
    const heard = hearReference(reference24, losses, fullScale);
    const estimate = Float32Array.from(pair.estimate.flatMap((piece) => [...piece]));
    const delays = bands.map((band) => band.delays);
    for (const [bandwidth, key] of [
      ["exact", "gradient"],
      ["detached", "gradient_detached_bandwidth"],
    ] as const) {
      if (bandwidth === "detached" && !all) continue;
      const { score, gradient } = haaqiGradient(heard, estimate, { bandwidth, delays });
      expect(Math.abs(score.haaqi - known[name].haaqi)).toBeLessThan(1e-7);
      const theirs = goldenArray(golden, `${name}.${key}`).data;
      const ours = new Float64Array(theirs.length);
      for (let i = 0; i < gradient.length; i++) {
        const at = pair.first + i + pair.delay;
        if (at >= 0 && at < ours.length) ours[at] += gradient[i];
      }
      const db = agreement(theirs, ours);
      console.log(`${name}, ${bandwidth}: ${db.toFixed(1)} dB, cosine ${cosine(theirs, ours)}`);
      expect(db).toBeGreaterThan(60);
      expect(cosine(theirs, ours)).toBeGreaterThan(0.99999);
      if (bandwidth === "detached") continue;
      const plain = hearReference(reference24, losses, fullScale, new GradientKernels("plain"));
      const twin = haaqiGradient(plain, estimate, { bandwidth, delays });
      const ofTwins = agreement(twin.gradient, gradient);
      console.log(`${name}: kernels against their twins ${ofTwins.toFixed(1)} dB`);
      expect(ofTwins).toBeGreaterThan(100);
    }
  });
});

function agreementRms(x: Float32Array): number {
  return Math.sqrt(x.reduce((sum, value) => sum + value * value, 0) / x.length);
}
