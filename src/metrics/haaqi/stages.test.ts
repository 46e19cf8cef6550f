import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { agreement, goldenArray, goldenPath, readGolden } from "../../testing/golden.ts";
import { alignPair } from "./alignment.ts";
import { earLevels, namedAudiogram } from "./audiogram.ts";
import { bandLosses, centreFrequencies } from "./cochlea.ts";
import { type BandFeatures, EarModel } from "./ears.ts";
import { audibleTiles, synchronised } from "./fineStructure.ts";
import { type Equalisation, Haaqi, hearPair } from "./haaqi.ts";
import { LegacyRandom } from "./legacyRandom.ts";
import { audibleSegments, modulationCorrelations } from "./modulation.ts";
import { spectralDifference } from "./spectra.ts";

const golden = readGolden(goldenPath("haaqi/stages.safetensors"));
const cases: Record<string, StageCase> = JSON.parse(
  readFileSync(goldenPath("haaqi/stages.json"), "utf8"),
);

interface StageCase {
  readonly level1: number;
  readonly equalisation: number;
  readonly audiogram: number[];
  readonly delay: number;
  readonly first: number;
  readonly last: number;
  readonly samples: number;
  readonly segments_kept_smooth: number;
  readonly segments_kept_covariance: number;
  readonly tiles_kept: number;
  readonly haaqi: number;
}

const all = process.env.XUMX_ALL_TESTS === "1";
/** Two in the usual run, all of them in the long one. */
const few = ["normal.eq2.100", "modsev.eq1.65.seed0"];
const names = Object.keys(cases).filter(
  (name) => golden.has(`${name}.sl`) && (all || few.includes(name)),
);
const audiograms = {
  normal: namedAudiogram("normal"),
  mild: namedAudiogram("mild"),
  modsev: namedAudiogram("moderate-severe"),
};
const modes: readonly Equalisation[] = ["none", "prescription", "done"];

function worst(ours: ArrayLike<number>, theirs: ArrayLike<number>, relative = false): number {
  expect(ours.length).toBe(theirs.length);
  let most = 0;
  for (let i = 0; i < ours.length; i++) {
    const scale = relative ? Math.abs(theirs[i]) || 1 : 1;
    most = Math.max(most, Math.abs(ours[i] - theirs[i]) / scale);
  }
  return most;
}

const ear = new Haaqi();
const model = new EarModel();

describe.each(names)("HAAQI's stages: %s", (name) => {
  const aud = name.split(".")[0] as keyof typeof audiograms;
  const known = cases[name];
  const equalisation = modes[known.equalisation];
  const input = (key: string) => goldenArray(golden, `input.${key}`).data as Float32Array;
  const theirs = (key: string) => goldenArray(golden, `${name}.${key}`).data;

  it("agree with the original", async () => {
    const reference = input(equalisation === "done" ? `ref_nalr.${aud}` : "ref");
    const pair = alignPair(reference, input(`deg_nalr.${aud}`));
    if (!pair) throw new Error("silent");
    expect([pair.delay, pair.first, pair.last]).toEqual([known.delay, known.first, known.last]);
    expect(pair.reference.length).toBe(known.samples);
    const noise = name.endsWith("seed0") ? new LegacyRandom(0) : "off";
    const options = { audiogram: audiograms[aud], equalisation, noise } as const;
    const bands = await hearPair(model, pair, known.level1, options, { leastTile: 0 });
    const row = (value: (band: BandFeatures) => number) => bands.map(value);
    const pairRows = (value: (band: BandFeatures) => readonly [number, number]) => [
      ...row((b) => value(b)[0]),
      ...row((b) => value(b)[1]),
    ];
    const lines: string[] = [];
    const check = (what: string, value: number, most: number) => {
      lines.push(`${what} ${value.toExponential(1)}`);
      expect(value, what).toBeLessThan(most);
    };
    expect(pairRows((b) => b.delays)).toEqual([...theirs("band_delays")]);
    expect(row((b) => b.shift)).toEqual([...theirs("group_delay_shift")]);
    check(
      "bandwidth",
      worst(
        pairRows((b) => b.width),
        theirs("bandwidth"),
        true,
      ),
      1e-7,
    );
    const rms = [...pairRows((b) => b.envelopeRms), ...pairRows((b) => b.controlRms)];
    check("rms", worst(rms, theirs("rms"), true), 1e-6);
    check(
      "sl",
      worst(
        pairRows((b) => b.level),
        theirs("sl"),
      ),
      1e-5,
    );
    const flat = (arrays: readonly Float32Array[]) => arrays.flatMap((a) => [...a]);
    const smooth = flat([...bands.map((b) => b.smooth[0]), ...bands.map((b) => b.smooth[1])]);
    const decibels = (what: string, value: number, least: number) => {
      lines.push(`${what} ${value.toFixed(1)} dB`);
      expect(value, what).toBeGreaterThan(least);
    };
    decibels("smooth", agreement(theirs("smooth"), smooth), 130);
    decibels(
      "mean square",
      agreement(theirs("mean_square"), flat(bands.map((b) => b.powers))),
      130,
    );
    const covariances = flat(bands.map((b) => b.covariances));
    check("covariance", worst(covariances, theirs("covariance")), 1e-4);
    const kept = audibleSegments(bands);
    expect(kept.length).toBe(known.segments_kept_smooth);
    const tiles = audibleTiles(bands);
    expect(tiles.segments.length).toBe(known.segments_kept_covariance);
    expect(bands.reduce((sum, _, k) => sum + tiles.inBand(k).length, 0)).toBe(known.tiles_kept);
    const correlations = modulationCorrelations(bands, kept).flatMap((r) => [...r]);
    check("modulation", worst(correlations, theirs("modulation")), 1e-6);
    const orders = [1, 3, 5, 5, 5, 5];
    const six = orders.map((order, i) =>
      synchronised(bands, tiles, { order, cutoff: 1500 + 500 * i }),
    );
    check("sync", worst(six, theirs("sync")), 1e-6);
    const { loud, norm } = spectralDifference(bands);
    const spectra = theirs("spectra");
    check("spectra", worst([loud, norm], [spectra[1], spectra[4]]), 1e-6);
    const again = name.endsWith("seed0") ? new LegacyRandom(0) : "off";
    const score = await ear.score(reference, input(`deg_nalr.${aud}`), 24000, {
      ...options,
      noise: again,
      fullScale: known.level1,
    });
    if (score === "silent reference") throw new Error(score);
    check("haaqi", Math.abs(score.haaqi - known.haaqi), 1e-7);
    console.log(`${name}: ${lines.join(", ")}`);
  });
});

it("losses of the bands are the original's", () => {
  expect(worst(centreFrequencies, goldenArray(golden, "center_frequencies").data)).toBeLessThan(
    1e-9,
  );
  for (const [name, audiogram] of Object.entries(audiograms)) {
    const losses = bandLosses(earLevels(audiogram));
    const ours = [
      ...losses.map((l) => l.outer),
      ...losses.map((l) => l.width),
      ...losses.map((l) => l.knee),
      ...losses.map((l) => l.ratio),
      ...losses.map((l) => l.inner),
    ];
    expect(worst(ours, goldenArray(golden, `loss.${name}`).data), name).toBeLessThan(1e-9);
  }
});
