import { beforeAll, describe, expect, it } from "vitest";
import { evaluate, gradientName, type NumericArray } from "../../graph/index.ts";
import { type Direction, targets as stemNames } from "../../networks/index.ts";
import { targetShapes, type UmxArchitecture, umxName } from "../../networks/umx/index.ts";
import { xumxName } from "../../networks/xumx/index.ts";
import { loadRuntime, type Runtime } from "../../runtime/index.ts";
import { elementCount, type StateDict, type Tensor } from "../../tensors/index.ts";
import { agreement } from "../../testing/golden.ts";
import { Random } from "../data/random.ts";
import type { TrainingItem } from "../preparedBatch.ts";
import { MagnitudeLoss } from "./magnitudeLoss.ts";
import { type Framing, Spectra } from "./spectra.ts";
import { type SpectraBatch, spectraBatch } from "./spectraBatch.ts";
import { trainedNames, unrolledTraining } from "./testing/unrolled.ts";
import { UmxStep, type UmxTraining } from "./umxStep.ts";
import { WeightedSdr } from "./weightedSdr.ts";

const stft = { length: 64, hop: 16, window: "hann" } as const;
const ITEMS = 2;

let runtime: Runtime;
beforeAll(async () => {
  runtime = await loadRuntime("auto");
});

function trainingFor(bridged: boolean, directions: readonly Direction[]): UmxTraining {
  const architecture: UmxArchitecture = {
    channels: 2,
    bins: 33,
    maxBin: 20,
    hidden: 8,
    layers: 3,
    directions,
  };
  const targets = bridged ? ["bass", "drums", "vocals", "other"] : ["vocals", "drums"];
  return { architecture, targets, nameOf: bridged ? xumxName : umxName, stft, bridged };
}

/** Weights that excite everything. */
function lively({ architecture, targets, nameOf }: UmxTraining): StateDict {
  const random = Random.of(3);
  const state = new Map<string, Tensor>();
  for (const target of targets) {
    for (const [name, shape] of targetShapes(architecture)) {
      if (shape.length === 0) {
        state.set(nameOf(target, name), { dtype: "i64", shape, data: BigInt64Array.of(0n) });
        continue;
      }
      const around = /scale|running_var|bn\d\.weight|output_mean/.test(name) ? 1 : 0;
      const data = Float32Array.from(
        { length: elementCount(shape) },
        () => around + random.uniform(-0.6, 0.6),
      );
      state.set(nameOf(target, name), { dtype: "f32", shape, data });
    }
  }
  return state;
}

function batchFor({ targets, bridged }: UmxTraining, samples = 140): SpectraBatch {
  const random = Random.of(4);
  const items = Array.from({ length: ITEMS }, (): TrainingItem => {
    const channel = () => Float32Array.from({ length: samples }, () => random.uniform(-1, 1));
    return { stems: stemNames.map(() => [channel(), channel()]) };
  });
  const framing: Framing = bridged ? "centred" : "inside";
  const settings = { kind: "spectra", stft, framing, maxBin: 20, targets, waves: bridged } as const;
  return spectraBatch(new Spectra(stft), items, settings, 12345);
}

const cases: readonly (readonly [string, boolean, readonly Direction[]])[] = [
  ["Open-Unmix", false, ["forward", "reverse"]],
  ["Open-Unmix, looking back alone", false, ["forward"]],
  ["X-UMX", true, ["forward", "reverse"]],
];

/** The loss of waveforms left out: the graph has magnitudes alone. */
async function stepWithoutWaves(training: UmxTraining, state: StateDict) {
  return UmxStep.create(training, state, runtime, { dropout: false, waveformWeight: 0 });
}

describe.each(cases)("gradients of %s", (_, bridged, directions) => {
  it("are those of the unrolled graph in double, of every tensor", async () => {
    const training = trainingFor(bridged, directions);
    const { architecture, targets, nameOf } = training;
    const state = lively(training);
    const batch = batchFor(training);
    await using step = await stepWithoutWaves(training, state);
    const { loss } = await step.accumulate(batch);

    const graph = unrolledTraining(architecture, targets, bridged, {
      steps: batch.frames,
      items: ITEMS,
    });
    const feeds: Record<string, NumericArray> = {};
    const feed = (name: string, shape: readonly number[], data: ArrayLike<number>) => {
      feeds[name] = { shape, data: Float64Array.from(data) };
    };
    const rows = batch.frames * ITEMS;
    feed("lower", [rows, 40], batch.lower);
    feed("mixture", [rows, 66], batch.mixture);
    for (const [j, target] of targets.entries()) {
      feed(`stem.${target}`, [rows, 66], batch.stems[j]);
      for (const name of trainedNames(architecture)) {
        const tensor = state.get(nameOf(target, name));
        if (tensor?.dtype !== "f32") throw new Error(`no tensor ${name}`);
        feed(`${target}.${name}`, tensor.shape, tensor.data);
      }
    }
    const expected = evaluate(graph, feeds);
    expect(Math.abs(loss / expected.loss.data[0] - 1)).toBeLessThan(1e-6);
    let least = Number.POSITIVE_INFINITY;
    for (const [j, target] of targets.entries()) {
      const found = step.parameters.target(j, step.gradient);
      for (const name of trainedNames(architecture)) {
        // A constant before batch norm: the gradient is rounding alone.
        if (name === "input_mean") continue;
        const { data } = expected[gradientName(`${target}.${name}`)];
        const decibels = agreement(data, found.get(name) ?? []);
        expect(decibels, `${target}.${name}`).toBeGreaterThan(95);
        least = Math.min(least, decibels);
      }
    }
    console.log(`worst tensor ${least.toFixed(1)} dB`);
  });

  it("are those of finite differences, with dropout and all losses", async () => {
    const training = trainingFor(bridged, directions);
    const batch = batchFor(training);
    await using step = await UmxStep.create(training, lively(training), runtime);
    await step.accumulate(batch);
    const gradient = step.gradient.slice();
    const { trained } = step.parameters;
    const before = trained.slice();
    const norm = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0));
    const along = async (length: number) => {
      trained.set(before.map((w, i) => w + (length * gradient[i]) / norm));
      return (await step.accumulate(batch)).loss;
    };
    const length = 2e-3;
    const slope = ((await along(length)) - (await along(-length))) / (2 * length);
    console.log(`gradient's norm ${norm.toFixed(5)}, slope along it ${slope.toFixed(5)}`);
    expect(Math.abs(slope / norm - 1)).toBeLessThan(0.01);
  });
});

describe("the weighted SDR", () => {
  const random = Random.of(5);
  const noise = () => Float32Array.from({ length: 5000 }, () => random.uniform(-1, 1));
  const truths = [noise(), noise(), noise(), noise()];

  it("is 0 for true stems, and between 0 and 2 for others", () => {
    const loss = new WeightedSdr(4);
    expect(loss.compute(truths, truths)).toBeCloseTo(0, 6);
    expect(
      loss.compute(
        truths.map((x) => x.map((v) => -v)),
        truths,
      ),
    ).toBeGreaterThan(1);
  });

  it("is its definition, combination by combination", () => {
    const estimates = truths.map((x) => x.map((v, i) => 0.7 * v + 0.2 * Math.sin(i)));
    const sum = (signals: readonly Float32Array[], isIn: (j: number) => boolean) =>
      signals[0].map((_, t) => signals.reduce((s, x, j) => s + (isIn(j) ? x[t] : 0), 0));
    const dot = (a: Float32Array, b: Float32Array) => a.reduce((s, x, t) => s + x * b[t], 0);
    const like = (a: Float32Array, b: Float32Array) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
    const mixture = sum(truths, () => true);
    let expected = 1;
    for (let set = 1; set < 15; set++) {
      const isIn = (j: number) => ((set >> j) & 1) === 1;
      const [p, q] = [sum(estimates, isIn), sum(truths, isIn)];
      const [m, n] = [p, q].map((x) => mixture.map((v, t) => v - x[t]));
      const alpha = dot(q, q) / (dot(q, q) + dot(n, n));
      expected -= (alpha * like(p, q) + (1 - alpha) * like(m, n)) / 14;
    }
    expect(new WeightedSdr(4).compute(estimates, truths)).toBeCloseTo(expected, 5);
  });
});

it("the loss of magnitudes takes any number of positions", () => {
  const loss = new MagnitudeLoss(1);
  const gradient = new Float32Array(5);
  const ones = new Float32Array(5).fill(1);
  const value = loss.compute([ones], ones, [new Float32Array(5)], [gradient]);
  expect(value).toBe(1);
  for (const g of gradient) expect(g).toBeCloseTo(2 / 5, 6);
});

describe("spectra", () => {
  it("of excerpts that are too short are refused", () => {
    const spectra = new Spectra(stft);
    const channels = [new Float32Array(20), new Float32Array(20)];
    expect(() => spectra.analyse(channels, "centred")).toThrow(/33 samples or more, not 20/);
    expect(() => spectra.analyse(channels, "inside")).toThrow(/64 samples or more, not 20/);
  });

  it("become waveforms by a map whose adjoint is the way back", () => {
    const spectra = new Spectra(stft);
    const random = Random.of(6);
    const frames = 9;
    const values = Float32Array.from({ length: frames * 4 * 33 }, () => random.uniform(-1, 1));
    const waves = spectra.synthesise(values);
    expect(waves[0].length).toBe(16 * (frames - 1));
    const weights = waves.map((wave) => wave.map(() => random.uniform(-1, 1)));
    const back = spectra.synthesiseBack(weights);
    const dot = (a: Float32Array, b: Float32Array) => a.reduce((s, x, i) => s + x * b[i], 0);
    const one = dot(waves[0], weights[0]) + dot(waves[1], weights[1]);
    expect(dot(values, back) / one).toBeCloseTo(1, 5);
  });
});
