import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { architectureFor, expectedShapes, transformOf } from "../../networks/slicq1/index.ts";
import { formulaState, publishedSettings } from "../../networks/slicq1/testing/formulaSlicq1.ts";
import { loadRuntime, type Runtime } from "../../runtime/index.ts";
import { agreement, goldenArray, goldenPath, readGolden } from "../../testing/golden.ts";
import { planSliCQT } from "../../transforms/slicqt/index.ts";
import { type PreparedBatch, prepareBatch, type TrainingItem } from "../preparedBatch.ts";
import { goldenBatch } from "../testing/goldenBatch.ts";
import { initialSlicq1State } from "./initialState.ts";
import { Slicq1Step } from "./slicq1Step.ts";

const LEARNING_RATE = 1e-3;
const settings = {
  phase: { method: "mix" },
  losses: { spectral: "magnitude", spectralWeight: 1, maskSumWeight: 0, sdrWeight: 0.1 },
} as const;

let runtime: Runtime;
beforeAll(async () => {
  runtime = await loadRuntime("auto");
});

function relative(what: string, found: number, expected: number): number {
  const error = Math.abs(found / expected - 1);
  console.log(`slicq1 ${what}: ${found.toPrecision(9)}, relative error ${error.toExponential(1)}`);
  return error;
}

describe("a step of version 1", () => {
  async function compareEvaluation(step: Slicq1Step, batch: PreparedBatch): Promise<void> {
    const evaluated = await step.evaluate(batch);
    const { evaluation_mode, evaluation_mse, evaluation_sisdr } = expected;
    expect(relative("loss in evaluation", evaluated.loss, evaluation_mode)).toBeLessThan(1e-5);
    expect(relative("its errors", evaluated.parts.spectral, evaluation_mse)).toBeLessThan(1e-5);
    expect(relative("its SDR", evaluated.parts.sdr, evaluation_sisdr)).toBeLessThan(1e-5);
  }

  const numbers = JSON.parse(
    readFileSync(goldenPath("umx_family/training/training.json"), "utf8"),
  ).slicq1;

  const arrays = readGolden(goldenPath("umx_family/training/slicq1.safetensors"));
  const plan = planSliCQT(transformOf(publishedSettings));
  const whole = architectureFor(publishedSettings);
  const expected = numbers.loss_float64;

  // Networks do not know of each other: the first few have the gradients that they have among all.
  const cases = [
    { what: "of the first three blocks", blocks: whole.slice(0, 3) },
    ...(process.env.XUMX_ALL_TESTS === "1" ? [{ what: "of all blocks", blocks: whole }] : []),
  ];

  it.each(cases)(
    "is the reference's: $what",
    async ({ blocks }) => {
      const isWhole = blocks.length === whole.length;
      const batch = prepareBatch(plan, goldenBatch(), settings);
      const expectedNames = expectedShapes(blocks);
      const state = new Map(
        [...formulaState(publishedSettings)].filter(([name]) => expectedNames.has(name)),
      );
      const sdrWeight = isWhole ? 0.1 : 0;
      await using step = new Slicq1Step(plan, blocks, state, runtime, { sdrWeight });
      if (isWhole) await compareEvaluation(step, batch);
      const { loss, parts } = await step.accumulate(batch);
      if (isWhole) {
        expect(relative("loss", loss, expected.loss)).toBeLessThan(1e-5);
        expect(relative("errors", parts.spectral, expected.mse)).toBeLessThan(1e-5);
        expect(relative("SDR", parts.sdr, expected.sisdr)).toBeLessThan(1e-5);
      }
      const valuesOf = (trained: Float32Array) => {
        const state = step.parameters.state(trained);
        return (name: string) => {
          const tensor = state.get(name);
          if (tensor?.dtype !== "f32") throw new Error(`no tensor ${name}`);
          return tensor.data;
        };
      };
      const named = (prefix: string) =>
        [...arrays].flatMap(([name, { data }]) =>
          name.startsWith(prefix) ? [[name.slice(prefix.length), data] as const] : [],
        );
      const gradients = valuesOf(step.gradient);
      const order: string[] = [];
      for (const target of ["vocals", "bass", "drums", "other"]) {
        for (const block of whole.keys()) {
          for (const field of numbers.parameter_order_of_one_block) {
            order.push(`bucketed_unmixes_${target}.${block}.${field}`);
          }
        }
      }
      const norms = goldenArray(arrays, "gradient_norms").data;
      expect(norms.length).toBe(order.length);
      // Means of single bins have no gradient but rounding: the batch norm after the layer takes constants out.
      const isNoise = (name: string) => {
        const block = Number(name.split(".")[1]);
        const isThere = block < blocks.length;
        return !isThere || (name.endsWith("input_mean") && blocks[block].bins === 1);
      };
      const all: [number[], number[]] = [[], []];
      let worst = Number.POSITIVE_INFINITY;
      for (const [name, data] of named("gradient.")) {
        if (isNoise(name)) continue;
        const own = gradients(name);
        all[0].push(...data);
        all[1].push(...own);
        const norm = norms[order.indexOf(name)];
        if (norm > 1e-3 * numbers.gradient_norm_total)
          worst = Math.min(worst, agreement(data, own));
      }
      const counted = order.filter((name) => !isNoise(name));
      const norm = agreement(
        counted.map((name) => norms[order.indexOf(name)]),
        counted.map((name) => Math.sqrt(gradients(name).reduce((sum, g) => sum + g * g, 0))),
      );
      const gradient = agreement(...all);
      console.log(
        `slicq1 gradients: all ${gradient.toFixed(1)} dB, worst tensor ${worst.toFixed(1)} dB, norms of all tensors ${norm.toFixed(1)} dB`,
      );
      expect(gradient).toBeGreaterThan(107);
      expect(worst).toBeGreaterThan(95);
      expect(norm).toBeGreaterThan(107);

      let least = Number.POSITIVE_INFINITY;
      const running = valuesOf(step.parameters.trained);
      for (const [name, data] of named("after.")) {
        if (isNoise(name)) continue;
        least = Math.min(least, agreement(data, running(name)));
      }
      console.log(`slicq1 running statistics: ${least.toFixed(1)} dB`);
      expect(least).toBeGreaterThan(125);

      const before = valuesOf(step.parameters.trained.slice());
      step.update(LEARNING_RATE);
      const stepped = valuesOf(step.parameters.trained);
      const moves: [number[], number[]] = [[], []];
      for (const [name, data] of named("stepped.")) {
        if (isNoise(name)) continue;
        const [own, was, g] = [stepped(name), before(name), gradients(name)];
        const largest = g.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
        for (let i = 0; i < data.length; i++) {
          // Where the gradient is rounding alone, so is the direction of the step.
          if (Math.abs(g[i]) < 1e-4 * largest) continue;
          moves[0].push(data[i] - was[i]);
          moves[1].push(own[i] - was[i]);
        }
      }
      const moved = agreement(...moves);
      console.log(`slicq1 step of ${moves[0].length} weights: ${moved.toFixed(1)} dB`);
      expect(moved).toBeGreaterThan(50);
      if (!isWhole) return;
      const after = (await step.accumulate(batch)).loss;
      expect(relative("loss after the step", after, expected.loss_after_step)).toBeLessThan(1e-5);
    },
    60_000,
  );
});

describe("training of a small network of version 1", () => {
  const small = {
    family: "slicq1",
    scale: { name: "bark", bins: 10, fmin: 300, gamma: 25 },
    bandwidth: 2000,
  } as const;
  const plan = planSliCQT(transformOf(small));
  const blocks = architectureFor(small);
  const items: TrainingItem[] = goldenBatch().map(({ stems }) => ({
    stems: stems.map((stem) => stem.map((row) => row.subarray(0, 8000))),
  }));

  it("begins with the same weights for all targets, and learns", async () => {
    const state = initialSlicq1State(blocks, 1);
    const [one, other] = ["vocals", "drums"].map(
      (target) => state.get(`bucketed_unmixes_${target}.1.cdae.3.weight`)?.data,
    );
    expect(one).toEqual(other);
    await using step = new Slicq1Step(plan, blocks, state, runtime);
    const batch = prepareBatch(plan, items, settings);
    const first = await step.evaluate(batch);
    for (let i = 0; i < 12; i++) {
      await step.accumulate(batch);
      step.update(3e-3);
    }
    const { parts } = await step.accumulate(batch);
    console.log(`errors: ${first.parts.spectral} at first, ${parts.spectral} after 12 steps`);
    expect(parts.spectral).toBeLessThan(0.9 * first.parts.spectral);
    expect(step.parameters.batchesTracked).toBe(13n);
  });

  it("adds gradients of several batches, and does without the SDR", async () => {
    const state = initialSlicq1State(blocks, 2);
    await using step = new Slicq1Step(plan, blocks, state, runtime, { sdrWeight: 0 });
    const batch = prepareBatch(plan, items, {
      ...settings,
      losses: { ...settings.losses, sdrWeight: 0 },
    });
    const { parts } = await step.accumulate(batch);
    expect(parts).not.toHaveProperty("sdr");
    const once = step.gradient.slice();
    await step.accumulate(batch);
    expect(
      agreement(
        once.map((g) => 2 * g),
        step.gradient,
      ),
    ).toBeGreaterThan(100);
    await step.close();
    await expect(step.evaluate(batch)).rejects.toMatchObject({ code: "closed" });
  });
});
