import { describe, expect, it } from "vitest";
import type { FloatTensors } from "../runtime/index.ts";
import { agreement } from "../testing/golden.ts";
import { noiseSource } from "../testing/noise.ts";
import { planSliCQT } from "../transforms/slicqt/index.ts";
import {
  type PreparedBatch,
  type PrepareSettings,
  prepareBatch,
  preparedBatches,
} from "./preparedBatch.ts";
import { originalLosses } from "./settings.ts";

const scale = { scale: "bark", bins: 24, fmin: 100 } as const;
const random = noiseSource(3);
/** The second is louder, and its bass is silent at first. */
const items = [1, 30].map((gain) => ({
  stems: Array.from({ length: 4 }, (_, j) =>
    [0, 1].map(() =>
      Float32Array.from({ length: 9000 }, (_, i) =>
        gain > 1 && j === 0 && i < 5000 ? 0 : gain * random(),
      ),
    ),
  ),
}));
const losses = { ...originalLosses, spectral: "sdr" } as const;

/** The worst agreement of arrays of the same name, all blocks together: in the lowest and highest, numbers are real. */
function worst(a: readonly FloatTensors[], b: readonly FloatTensors[]): number {
  const joined = (blocks: readonly FloatTensors[], name: string) =>
    blocks.flatMap((feeds) => Array.from(feeds[name].data));
  for (const [i, feeds] of a.entries()) {
    const shapes = (of: FloatTensors) =>
      Object.entries(of)
        .map(([name, { dims }]) => `${name} ${dims}`)
        .sort();
    expect(shapes(b[i])).toEqual(shapes(feeds));
  }
  return Math.min(...Object.keys(a[0]).map((name) => agreement(joined(a, name), joined(b, name))));
}

describe("batches by kernels, as of plain coefficients", () => {
  const wiener = { method: "wiener-em", window: 40 } as const;
  it.each<[string, PrepareSettings]>([
    ["mix phase", { phase: { method: "mix" }, losses }],
    ["Wiener-EM, windows of each item", { phase: { ...wiener, scale: "item" }, losses }],
    ["Wiener-EM, windows of the batch", { phase: { ...wiener, scale: "batch" }, losses }],
  ])("%s", (_, settings) => {
    const expected = prepareBatch(planSliCQT(scale), items, settings, 7);
    const found = preparedBatches(scale, settings)(items, 7);
    expect({ ...found, blocks: [] }).toEqual({ ...expected, blocks: [] });
    const feedsOf = (batch: PreparedBatch) => batch.blocks.map(({ feeds }) => feeds);
    const reached = [worst(feedsOf(expected), feedsOf(found))];
    for (const [b, { stems, constant }] of expected.blocks.entries()) {
      const own = found.blocks[b].stems;
      if (!stems || !own) throw new Error("energies are missing");
      reached.push(agreement(stems.all, own.all));
      for (const [i, energy] of stems.besidePhase.entries()) {
        expect(Math.abs(own.besidePhase[i] - energy)).toBeLessThan(1e-5 * stems.all[i]);
      }
      expect(found.blocks[b].constant).toBe(constant);
    }
    console.log(`${Math.min(...reached).toFixed(1)} dB`);
    expect(Math.min(...reached)).toBeGreaterThan(130);
  });

  it("one after the other, of other lengths between", () => {
    const batches = preparedBatches(scale, { phase: { ...wiener, scale: "item" }, losses });
    const [first] = batches(items).blocks;
    const short = items.map(({ stems }) => ({
      stems: stems.map((channels) => channels.map((samples) => samples.subarray(0, 3000))),
    }));
    batches([...short, ...short, ...short]);
    const [again] = batches(items).blocks;
    expect(again).toEqual(first);
  });
});
