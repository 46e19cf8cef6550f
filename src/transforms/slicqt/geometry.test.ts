import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  agreement,
  goldenArray,
  goldenPath,
  goldenRows,
  readGolden,
} from "../../testing/golden.ts";
import { forward } from "./forward.ts";
import { sliceCount } from "./geometry.ts";
import { planSliCQT } from "./plan.ts";
import { type ScaleName, scaleBands } from "./scales.ts";

interface ScaleEntry {
  scale: ScaleName;
  fbins: number;
  fmin: number;
  fgamma: number;
  sllen: number;
  trlen: number;
  total_bins: number;
  frequencies: number[];
  q: number[];
  window_lengths: number[];
  center_positions: number[];
  flat_edge_windows: number[];
  blocks_bins_coefs: [number, number][];
  slices_for_length: Record<string, number>;
  noise_block_energies_float64: number[];
}

const scales: Record<string, ScaleEntry> = JSON.parse(
  readFileSync(goldenPath("scales.json"), "utf8"),
);
const signals = readGolden(goldenPath("signals.safetensors"));
const noise = goldenRows(goldenArray(signals, "noise"));

describe.each(Object.entries(scales))("scale %s", (_name, entry) => {
  const options = {
    scale: entry.scale,
    bins: entry.fbins,
    fmin: entry.fmin,
    gamma: entry.fgamma,
  };
  const plan = planSliCQT(options);

  it("has the reference's frequencies and quality factors", () => {
    const bands = scaleBands(options);
    const count = Math.min(entry.frequencies.length, bands.frequencies.length);
    expect(agreement(entry.frequencies, bands.frequencies.subarray(0, count))).toBeGreaterThan(135);
    expect(agreement(entry.q, bands.q.subarray(0, entry.q.length))).toBeGreaterThan(110);
  });

  it("has the reference's slice, windows, positions, plateaus, blocks and slice counts", () => {
    expect(plan.sliceLength).toBe(entry.sllen);
    expect(plan.transition).toBe(entry.trlen);
    expect(plan.coefs.length).toBe(entry.total_bins);
    expect([...plan.coefs]).toEqual(entry.window_lengths.slice(0, entry.total_bins));
    expect([...plan.positions]).toEqual(entry.center_positions.slice(0, entry.total_bins));
    expect(plan.plateaus).toEqual(entry.flat_edge_windows);
    expect(plan.blocks.map((b) => [b.bins, b.coefs])).toEqual(entry.blocks_bins_coefs);
    for (const [samples, slices] of Object.entries(entry.slices_for_length)) {
      expect(sliceCount(plan, Number(samples))).toBe(slices);
    }
  });

  it("gives noise the reference's energy in every block", () => {
    const { blocks } = forward(plan, noise);
    const energies = blocks.map((b) => b.reduce((sum, v) => sum + v * v, 0));
    const worst = Math.max(
      ...energies.map((e, i) => Math.abs(e / entry.noise_block_energies_float64[i] - 1)),
    );
    console.log(`${_name}: block energies within ${worst.toExponential(1)} relative`);
    expect(worst).toBeLessThan(2e-6);
  });
});

describe("the transform of version 1", () => {
  it("is that of version 2 for its own preset, bark with 262 bands", () => {
    const options = { scale: "bark", bins: 262, fmin: 32.9 } as const;
    const [first, second] = [planSliCQT({ ...options, version: 1 }), planSliCQT(options)];
    expect(first.coefs).toEqual(second.coefs);
    expect(first.positions).toEqual(second.positions);
    expect(first.sliceLength).toBe(second.sliceLength);
  });

  it("has vqlog bands as wide as they are spaced: slices of 215044 samples for a gamma of 25 Hz", () => {
    const vqlog = { scale: "vqlog", bins: 262, fmin: 32.9, gamma: 25, version: 1 } as const;
    const { sliceLength, transition } = planSliCQT(vqlog);
    expect([sliceLength, transition]).toEqual([215044, 53762]);
  });
});

describe("bad options are refused with a reason", () => {
  it.each([
    [{ scale: "bark", bins: 1, fmin: 32.9 }, /2 to 4096 bands/],
    [{ scale: "bark", bins: 262, fmin: 0 }, /fmin/],
    [{ scale: "bark", bins: 262, fmin: 30000 }, /fmin/],
    [{ scale: "vqlog", bins: 80, fmin: 20, gamma: -1 }, /gamma/],
    [{ scale: "cqlog", bins: 4000, fmin: 0.001 }, /limit is/],
  ] as const)("%o", (options, message) => {
    expect(() => planSliCQT(options)).toThrow(message);
  });
});
