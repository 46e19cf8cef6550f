import { beforeAll, describe, expect, it } from "vitest";
import { architectureFor } from "../../networks/coupled/prepared.ts";
import { transformOf } from "../../networks/coupled/settings.ts";
import { smallSettings } from "../../networks/coupled/testing/smallModel.ts";
import { loadRuntime, type Runtime } from "../../runtime/index.ts";
import { agreement } from "../../testing/golden.ts";
import { planTransform } from "../../transforms/index.ts";
import { Random } from "../data/random.ts";
import type { TrainingItem } from "../preparedBatch.ts";
import { type CellBatch, cellBatches } from "./cellBatch.ts";
import { type CoupledOptions, CoupledStep } from "./coupledStep.ts";
import { gateLoss } from "./gateLoss.ts";
import { featureStatistics, initialCoupledState } from "./initialState.ts";
import { WienerLoss } from "./wienerLoss.ts";

const settings = smallSettings(false);
const architecture = architectureFor(settings);
const scale = transformOf(settings);
const { blocks } = planTransform(scale);
const mix = { method: "mix" } as const;
const wiener = { method: "wiener-em", window: 300, scale: "item" } as const;
const cells = { kind: "cells", sizes: settings.sizes, causal: false } as const;
const cellBatch = cellBatches(scale, { ...cells, phase: mix });
const wienerBatch = cellBatches(scale, { ...cells, phase: wiener });
const SAMPLES = 6000;

/** Four stems of different colour. */
function item(random: Random): TrainingItem {
  const channel = (hz: number, share: number) =>
    Float32Array.from(
      { length: SAMPLES },
      (_, i) => Math.sin((2 * Math.PI * hz * i) / 44100) * share + random.uniform(-0.1, 0.1),
    );
  return { stems: [300, 900, 2700, 8100].map((hz) => [channel(hz, 0.4), channel(hz, 0.2)]) };
}

let runtime: Runtime;
let batch: CellBatch;
beforeAll(async () => {
  runtime = await loadRuntime("native");
  const random = Random.of(1, 2, 3);
  batch = cellBatch([item(random), item(random)]);
});

function start(options: CoupledOptions = {}): CoupledStep {
  const statistics = featureStatistics(architecture, [batch]);
  const state = initialCoupledState(architecture, 5, statistics);
  return new CoupledStep(architecture, state, runtime, options);
}

describe("the loss of gates", () => {
  it("is about the SDR of waveforms: gates that are all open give each stem a quarter of the mixture", () => {
    const random = Random.of(7, 8, 9);
    const noise = (level: number) =>
      Float32Array.from({ length: SAMPLES }, () => random.uniform(-level, level));
    const stems = [0.2, 0.3, 0.25, 0.4].map((level) => [noise(level), noise(level)]);
    const single = cellBatch([{ stems }]);
    const { bands, sizes } = architecture.grid;
    const gates = new Float32Array(bands * 8 * sizes.bandCells * single.cells.frames).fill(1);
    const { loss } = gateLoss(architecture.grid, single.cells, gates);
    const quarter = [0, 1].map((c) =>
      Float32Array.from(
        { length: SAMPLES },
        (_, i) => stems.reduce((sum, stem) => sum + stem[c][i], 0) / 4,
      ),
    );
    const sdr = stems.map((stem) => {
      let signal = 0;
      let error = 0;
      for (const [c, channel] of stem.entries()) {
        for (const [i, v] of channel.entries()) {
          signal += v * v;
          error += (v - quarter[c][i]) ** 2;
        }
      }
      return 10 * Math.log10(signal / error);
    });
    const mean = sdr.reduce((a, b) => a + b) / 4;
    console.log(`of waveforms ${mean.toFixed(2)} dB, of cells ${(-loss).toFixed(2)} dB`);
    expect(Math.abs(mean + loss)).toBeLessThan(0.3);
  });
});

describe("the loss after Wiener-EM", () => {
  it("is that of mix phase where all gates are open, since every stem is a quarter of the mixture", () => {
    const random = Random.of(7, 8, 10);
    const given = wienerBatch([item(random), item(random)]);
    const { grid } = architecture;
    const gates = new Float32Array(grid.cells * 8 * given.cells.frames * 2).fill(1);
    const prepared = given.wiener;
    if (!prepared) throw new Error("nothing was prepared");
    const loss = new WienerLoss(grid, blocks, 300).loss(prepared, gates, undefined);
    const plain = gateLoss(grid, given.cells, gates).loss;
    console.log(`Wiener-EM ${loss.toFixed(3)} dB, mix phase ${plain.toFixed(3)} dB`);
    // Sums over slices are not quite those over hops.
    expect(Math.abs(loss - plain)).toBeLessThan(0.3);
  });
});

describe.each([
  ["mix phase", mix],
  ["Wiener-EM", { ...wiener, blocks }],
] as const)("a step of training by %s", (_, phase) => {
  it("has the gradients that finite differences show, of every tensor", async () => {
    await using step = start({ phase });
    const random = Random.of(1, 2, 3);
    const batch = wienerBatch([item(random), item(random)]);
    const { loss } = await step.accumulate(batch);
    expect(loss).toBeCloseTo((await step.evaluate(batch)).loss, 4);
    const gradient = step.gradient.slice();
    const { trained } = step.parameters;
    const before = trained.slice();
    const norm = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0));
    const along = async (length: number) => {
      trained.set(before.map((w, i) => w + (length * gradient[i]) / norm));
      return (await step.evaluate(batch)).loss;
    };
    const length = 0.02;
    const slope = ((await along(length)) - (await along(-length))) / (2 * length);
    console.log(`gradient's norm ${norm.toFixed(4)}, slope along it ${slope.toFixed(4)}`);
    expect(slope / norm).toBeCloseTo(1, 1);
    for (const [name, { data }] of Object.entries(step.parameters.tensors(gradient))) {
      expect(
        data.some((g) => g !== 0),
        name,
      ).toBe(true);
    }
  });
});

describe("a step of training", () => {
  it("after step lowers the loss of the same batch", async () => {
    await using step = start({ clipNorm: 1 });
    const first = (await step.evaluate(batch)).loss;
    for (let i = 0; i < 30; i++) {
      await step.accumulate(batch);
      step.update(5e-3);
    }
    const last = (await step.evaluate(batch)).loss;
    console.log(`loss ${first.toFixed(2)} → ${last.toFixed(2)}`);
    expect(last).toBeLessThan(first - 3);
  });

  it("of two equal batches has the gradient of one", async () => {
    await using step = start();
    await step.accumulate(batch);
    const once = step.gradient.slice();
    await step.accumulate(batch);
    expect(
      agreement(
        once.map((g) => 2 * g),
        step.gradient,
      ),
    ).toBeGreaterThan(100);
  });

  it("is over when it is closed", async () => {
    const step = start();
    await step.accumulate(batch);
    await step.close();
    await step.close();
    await expect(step.accumulate(batch)).rejects.toMatchObject({ code: "closed" });
  });

  it("refuses a batch that was prepared for another network", async () => {
    await using step = start();
    const other = {
      kind: "blocks",
      items: 1,
      slices: 3,
      samples: 9,
      blocks: [],
      draw: 0,
      waveforms: undefined,
    } as const;
    await expect(step.accumulate(other)).rejects.toThrow(/for another network/);
  });
});
