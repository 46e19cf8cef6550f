import { describe, expect, it } from "vitest";
import { type Architecture, expectedShapes, frequencyTapsFor } from "../networks/cdae/index.ts";
import { loadRuntime } from "../runtime/index.ts";
import type { Tensor } from "../tensors/index.ts";
import { agreement } from "../testing/golden.ts";
import { noiseSource } from "../testing/noise.ts";
import { planSliCQT } from "../transforms/slicqt/index.ts";
import type { TrainingItem } from "./preparedBatch.ts";
import { originalLosses } from "./settings.ts";
import { type TrainingOptions, TrainingStep } from "./trainingStep.ts";

const plan = planSliCQT({ scale: "mel", bins: 12, fmin: 200 });
const samples = 8 * plan.hop;

/** Small networks with random weights. */
function model(realtime: boolean) {
  const blocks = plan.blocks.map(({ bins, coefs }) => ({
    bins,
    coefs,
    frequencyTaps: frequencyTapsFor(bins),
  }));
  const architecture: Architecture = { realtime, blocks, hidden: [6, 5], timeTaps: 3 };
  const random = noiseSource(1);
  const state = new Map<string, Tensor>();
  for (const [name, shape] of expectedShapes(architecture)) {
    const length = shape.reduce((product, size) => product * size, 1);
    if (shape.length === 0) {
      state.set(name, { dtype: "i64", shape, data: BigInt64Array.of(0n) });
      continue;
    }
    const fixed = /mean|bias/.test(name) ? 0 : 1;
    const bound = shape.length === 4 ? Math.sqrt(shape[0] / length) : 0;
    const data = Float32Array.from({ length }, () => (bound > 0 ? bound * random() : fixed));
    state.set(name, { dtype: "f32", shape, data });
  }
  return { architecture, state };
}

/** Tones of different pitch and pan, and noise for the drums. */
function items(count: number): TrainingItem[] {
  const random = noiseSource(2);
  return Array.from({ length: count }, (_, n) => ({
    stems: [110, 440, 1500, 0].map((hz, k) =>
      [0.3 + 0.15 * k, 0.9 - 0.2 * k].map((gain) =>
        Float32Array.from({ length: samples }, (_, i) =>
          hz === 0
            ? 0.3 * gain * random() * (1 + Math.sin(i / 700))
            : gain * Math.sin((2 * Math.PI * hz * (n + 1) * i) / 44100),
        ),
      ),
    ),
  }));
}

async function create(realtime: boolean, options: Partial<TrainingOptions> = {}) {
  const { architecture, state } = model(realtime);
  const runtime = await loadRuntime();
  return TrainingStep.create(plan, architecture, state, runtime, { items: 2, samples, ...options });
}

describe("training", () => {
  it.each([
    { realtime: true, sdrWeight: 0 },
    { realtime: false, sdrWeight: 0.1 },
    ...(process.env.XUMX_ALL_TESTS === "1"
      ? [
          { realtime: false, sdrWeight: 0 },
          { realtime: true, sdrWeight: 0.1 },
        ]
      : []),
  ])("drives the loss of one batch down: %o", async ({ realtime, sdrWeight }) => {
    await using step = await create(realtime, { losses: { ...originalLosses, sdrWeight } });
    const batch = step.prepare(items(2));
    const first = await step.step(batch, 0.02);
    let last = first;
    for (let i = 0; i < 25; i++) last = await step.step(batch, 0.02);
    console.log(`loss from ${first.loss.toFixed(4)} to ${last.loss.toFixed(4)}`);
    if (sdrWeight > 0) expect(last.parts.sdr).toBeLessThan(first.parts.sdr - 1);
    else expect(last.loss).toBeLessThan(0.5 * first.loss);
    const evaluated = await step.evaluate(batch);
    expect(evaluated.loss).toBeLessThan(first.loss);
  });

  it("moves by the mean of accumulated gradients", async () => {
    await using once = await create(true);
    await using twice = await create(true);
    const batch = once.prepare(items(2));
    await once.step(batch, 0.01);
    await twice.accumulate(batch);
    await twice.accumulate(batch);
    twice.update(0.01);
    expect(agreement(once.parameters.trained, twice.parameters.trained)).toBeGreaterThan(100);
  });

  it("scales gradients down to the norm asked for", async () => {
    await using step = await create(true, { clipNorm: 1e-3 });
    const { gradientNorm } = await step.step(step.prepare(items(2)), 0.01);
    expect(gradientNorm).toBeGreaterThan(1e-2);
    const mean = Math.hypot(...step.optimiser.mean.filter((value) => value !== 0));
    expect(mean).toBeCloseTo(0.1 * 1e-3, 6);
  });

  it("gives the same bits when it is run again", async () => {
    const weights = [];
    for (let run = 0; run < 2; run++) {
      await using step = await create(true, { threads: 2 });
      const batch = step.prepare(items(2));
      for (let i = 0; i < 3; i++) await step.step(batch, 0.01);
      weights.push(step.parameters.trained);
    }
    expect(weights[0]).toEqual(weights[1]);
  });

  it("evaluates batches of other sizes, by turns", async () => {
    await using step = await create(false);
    const one = step.prepare(items(1));
    const two = step.prepare(items(2));
    const first = await step.evaluate(one);
    const other = await step.evaluate(two);
    expect(other.loss).not.toBe(first.loss);
    expect(await step.evaluate(one)).toEqual(first);
  });

  it("computes the same by WebAssembly", async () => {
    const { architecture, state } = model(false);
    const gradients = [];
    for (const name of ["native", "wasm"] as const) {
      const runtime = await loadRuntime(name);
      const options = { items: 2, samples };
      await using step = await TrainingStep.create(plan, architecture, state, runtime, options);
      await step.accumulate(step.prepare(items(2)));
      gradients.push(step.gradient);
    }
    expect(agreement(gradients[0], gradients[1])).toBeGreaterThan(80);
  });

  it("shows its weights in the original's names, shapes and order", async () => {
    const { architecture, state } = model(true);
    await using step = await create(true);
    const shown = step.parameters.state();
    expect([...shown.keys()]).toEqual([...expectedShapes(architecture).keys()]);
    expect(shown).toEqual(state);
    await step.step(step.prepare(items(2)), 0.01);
    const counter = shown.get("sliced_umx.0.cdaes.0.1.num_batches_tracked");
    expect(counter?.data).toEqual(BigInt64Array.of(0n));
    expect(step.parameters.batchesTracked).toBe(1n);
    expect(shown.get("sliced_umx.0.cdaes.0.0.weight")).not.toEqual(
      state.get("sliced_umx.0.cdaes.0.0.weight"),
    );
  });

  it("refuses batches and settings that do not fit", async () => {
    await using step = await create(true);
    const other = step.prepare(items(1));
    await expect(step.accumulate(other)).rejects.toThrow(/1 items .* prepared for 2/);
    expect(() => step.update(0.1)).toThrow(/no gradients/);
    expect(() => step.prepare([])).toThrow(/empty/);
    expect(() => step.prepare([{ stems: items(1)[0].stems.slice(1) }])).toThrow(
      /four stereo stems/,
    );
    await expect(create(true, { samples: 0 })).rejects.toThrow(/too short/);
    await expect(create(true, { items: 0 })).rejects.toThrow(/1 item or more/);
    const losses = { ...originalLosses, spectralWeight: 0, maskSumWeight: 0 };
    await expect(create(true, { losses })).rejects.toThrow(/not all 0/);
    await expect(create(true, { clipNorm: 0 })).rejects.toThrow(/clipNorm/);
  });
});
