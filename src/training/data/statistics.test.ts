import { expect, it } from "vitest";
import { agreement, goldenArray, goldenDir, goldenPath, readGolden } from "../../testing/golden.ts";
import { planSliCQT } from "../../transforms/slicqt/index.ts";
import { goldenBatch } from "../testing/goldenBatch.ts";
import { Random } from "./random.ts";
import {
  addMoments,
  blocksOf,
  mixtureMoments,
  momentsOf,
  noMoments,
  normalisation,
} from "./statistics.ts";

const plan = planSliCQT({ scale: "mel", bins: 32, fmin: 115.5 });

it.skipIf(!goldenDir).each([
  ["mel-32", plan],
  ["bark-262", planSliCQT({ scale: "bark", bins: 262, fmin: 32.9 })],
] as const)("statistics of %s are the original's", (name, plan) => {
  const golden = readGolden(`${goldenDir}training/statistics.safetensors`);
  const moments = noMoments(plan.blocks);
  for (const [i, { mixture }] of goldenBatch().entries()) {
    const channels = mixture!.map((channel) => (i === 0 ? channel : channel.subarray(0, 30000)));
    addMoments(moments, mixtureMoments(plan, channels));
  }
  const found = normalisation(moments);
  const mean = found.flatMap((block) => Array.from(block.mean, (x) => -x));
  const deviation = found.flatMap((block) => Array.from(block.scale, (x) => 1 / x));
  const db = {
    mean: agreement(goldenArray(golden, `${name}.mean`).data, mean),
    std: agreement(goldenArray(golden, `${name}.std`).data, deviation),
  };
  console.log(`${name}: mean ${db.mean.toFixed(1)} dB, deviation ${db.std.toFixed(1)} dB`);
  expect(Math.min(db.mean, db.std)).toBeGreaterThan(120);
});

it("statistics of short-time spectra are Open-Unmix's", () => {
  const golden = readGolden(goldenPath("umx_family/training/statistics.safetensors"));
  const stft = { length: 4096, hop: 1024, window: "hann" } as const;
  const of = { kind: "stft", stft, framing: "inside" } as const;
  const moments = noMoments(blocksOf(of));
  for (const [i, { mixture }] of goldenBatch().entries()) {
    const channels = mixture!.map((channel) => (i === 0 ? channel : channel.subarray(0, 30000)));
    addMoments(moments, momentsOf(of, channels));
  }
  const [{ mean, scale }] = normalisation(moments);
  const db = {
    mean: agreement(
      goldenArray(golden, "umx.mean").data,
      mean.map((x) => -x),
    ),
    std: agreement(
      goldenArray(golden, "umx.std").data,
      scale.map((x) => 1 / x),
    ),
  };
  console.log(`umx: mean ${db.mean.toFixed(1)} dB, deviation ${db.std.toFixed(1)} dB`);
  expect(Math.min(db.mean, db.std)).toBeGreaterThan(120);
});

it("statistics of overlap-added magnitudes are version 1's", () => {
  const golden = readGolden(goldenPath("umx_family/training/statistics.safetensors"));
  const scale = { scale: "bark", bins: 262, fmin: 32.9, version: 1 } as const;
  const of = { kind: "sliCQT", scale, overlapped: true } as const;
  const moments = noMoments(blocksOf(of));
  for (const [i, { mixture }] of goldenBatch().entries()) {
    const channels = mixture!.map((channel) => (i === 0 ? channel : channel.subarray(0, 30000)));
    addMoments(moments, momentsOf(of, channels));
  }
  const found = normalisation(moments);
  const db = {
    mean: agreement(
      goldenArray(golden, "slicq1.mean").data,
      found.flatMap(({ mean }) => Array.from(mean, (x) => -x)),
    ),
    std: agreement(
      goldenArray(golden, "slicq1.std").data,
      found.flatMap(({ scale }) => Array.from(scale, (x) => 1 / x)),
    ),
  };
  console.log(`slicq1: mean ${db.mean.toFixed(1)} dB, deviation ${db.std.toFixed(1)} dB`);
  expect(Math.min(db.mean, db.std)).toBeGreaterThan(120);
});

it("do not depend on how songs are cut or in what order they are added", () => {
  const random = Random.of(1);
  const noise = Array.from({ length: 2 }, () =>
    Float32Array.from({ length: 30000 }, () => random.normal()),
  );
  const tone = noise.map((_, c) => Float32Array.from({ length: 9000 }, (_, i) => Math.sin(c + i)));
  const one = noMoments(plan.blocks);
  const other = noMoments(plan.blocks);
  for (const song of [noise, tone]) addMoments(one, mixtureMoments(plan, song));
  for (const song of [tone, noise]) addMoments(other, mixtureMoments(plan, song));
  for (const [b, block] of one.entries()) {
    expect(other[b].count).toBe(block.count);
    expect(agreement(block.mean, other[b].mean)).toBeGreaterThan(280);
    expect(agreement(block.squares, other[b].squares)).toBeGreaterThan(260);
  }
});

it("of silence normalise by 1", () => {
  const quiet = [new Float32Array(5000), new Float32Array(5000)];
  for (const { mean, scale } of normalisation(mixtureMoments(plan, quiet))) {
    expect(mean.every((x) => x === 0)).toBe(true);
    expect(scale.every((x) => x === 1)).toBe(true);
  }
});
