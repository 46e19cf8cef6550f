import { expect, it } from "vitest";
import { namedAudiogram } from "../metrics/index.ts";
import { noiseSource } from "../testing/noise.ts";
import { scoreMethods, scoreTrack } from "./trackScores.ts";

const samples = 24000;
const signal = (seed: number) => {
  const random = noiseSource(seed);
  return [0, 1].map(() => Float32Array.from({ length: samples }, () => 0.1 * random()));
};
const stems = (seed: number) => ({
  vocals: signal(seed),
  drums: signal(seed + 1),
  bass: signal(seed + 2),
  other: signal(seed + 3),
});

it("several methods together score as one by one", async () => {
  const both = namedAudiogram("mild");
  const hearing = { name: "mild", ears: { left: both, right: both }, level: 65, noise: 3 };
  const truth = stems(1);
  const silence = signal(0).map((channel) => channel.fill(0));
  const references = { ...truth, bass: silence };
  const estimates = [stems(21), truth];
  const options = { window: 0.25, hop: 0.25, hearing };
  const together = await scoreMethods(references, estimates, 44100, options);
  for (const [i, own] of estimates.entries()) {
    expect(together[i]).toEqual(await scoreTrack(references, own, 44100, options));
    const [vocals, , bass] = together[i].stems;
    expect(bass.haaqi).toBeNaN();
    expect(vocals.haaqi).toBeGreaterThan(i === 0 ? 0 : 0.5);
  }
});
