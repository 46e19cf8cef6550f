import { describe, expect, it } from "vitest";
import {
  evaluate,
  foldBatchNorm,
  type Graph,
  GraphBuilder,
  type NumericArray,
  writeOnnx,
} from "../../graph/index.ts";
import { type FloatTensors, loadRuntime } from "../../runtime/index.ts";
import type { StateDict } from "../../tensors/index.ts";
import { formulaState, formulaUniform } from "../../testing/formulaWeights.ts";
import { agreement, type GoldenArray, goldenDir, readGolden } from "../../testing/golden.ts";
import { targets } from "../targets.ts";
import { type Architecture, architectureOf } from "./architecture.ts";
import {
  framesIn,
  inferenceModel,
  inputName,
  maskName,
  maskNetwork,
  normalise,
} from "./maskNetwork.ts";
import { fromFrames, toFrames } from "./testing/frames.ts";
import { originalLayers, type Volume, volume } from "./testing/originalNetwork.ts";

/** Sizes of a network: [bins, coefficients] per block, hidden channels, time taps. */
type Sizes = Parameters<typeof formulaState>[0];

/** Blocks with kernels of 1, 3 and 5 bins. */
const small: Sizes = {
  blocks: [
    [2, 12],
    [11, 8],
    [20, 4],
  ],
  c1: 25,
  c2: 55,
  kt: 3,
};

function network(sizes: Sizes, realtime: boolean): [Architecture, StateDict] {
  const state = formulaState(sizes);
  const blocks = sizes.blocks.map(([bins, coefs]) => ({ bins, coefs }));
  return [architectureOf(blocks, realtime, state), state];
}

/** Deterministic normalised magnitudes [2, bins, slices·coefs] of every block. */
function magnitudes({ blocks }: Architecture, slices: number): Volume[] {
  return blocks.map(({ bins, coefs }, block) => {
    const x = volume(2, bins, slices * coefs);
    const uniform = formulaUniform(`magnitudes.${block}`);
    return { ...x, data: x.data.map((_, i) => Math.fround(4 * uniform(i) - 0.7)) };
  });
}

function feeds(architecture: Architecture, inputs: readonly Volume[]) {
  const frames: Record<string, NumericArray> = {};
  for (const [block, x] of inputs.entries()) {
    const { coefs } = architecture.blocks[block];
    frames[inputName(block)] = toFrames(x, coefs, architecture.realtime);
  }
  return frames;
}

const asFloat = (arrays: Readonly<Record<string, NumericArray>>): FloatTensors =>
  Object.fromEntries(
    Object.entries(arrays).map(([name, { shape, data }]) => [
      name,
      { dims: shape, data: Float32Array.from(data) },
    ]),
  );

async function runModel(model: Uint8Array, preference: "native" | "wasm", inputs: FloatTensors) {
  const runtime = await loadRuntime(preference);
  await using session = await runtime.createSession(model, { threads: 1 });
  return session.run(inputs);
}

function crop(x: Volume, frames: number): Float64Array {
  const rows = x.channels * x.bins;
  const kept = new Float64Array(rows * frames);
  for (let row = 0; row < rows; row++) {
    kept.set(x.data.subarray(row * x.frames, row * x.frames + frames), row * frames);
  }
  return kept;
}

describe.each([false, true])("the frame layout (realtime: %s)", (realtime) => {
  it("is the original network, for every kernel width and target", () => {
    const [architecture, state] = network(small, realtime);
    const inputs = magnitudes(architecture, 4);
    const frames = feeds(architecture, inputs);
    const graph = maskNetwork(architecture, state);
    const exact = evaluate(graph, frames);
    const folded = evaluate(foldBatchNorm(graph), frames);
    for (const [block, x] of inputs.entries()) {
      expect(frames[inputName(block)].shape[3]).toBe(framesIn(architecture, 4));
      const { shape, data } = exact[maskName(block)];
      for (const target of targets.keys()) {
        const [mask] = originalLayers(architecture, state, block, target, x).slice(-1);
        const expected = crop(mask, x.frames);
        expect(agreement(expected, fromFrames({ dims: shape, data }, target).data)).toBeGreaterThan(
          250,
        );
      }
      expect(agreement(data, folded[maskName(block)].data)).toBeGreaterThan(120);
    }
  });

  it("gives the same masks for a window of slices as for all, away from the window's ends", () => {
    const [architecture, state] = network(small, realtime);
    const [first, count, slices] = [3, 7, 12];
    const inputs = magnitudes(architecture, slices);
    const whole = feeds(architecture, inputs);
    const window: Record<string, NumericArray> = {};
    for (const [name, { shape, data }] of Object.entries(whole)) {
      const frames = framesIn(architecture, count);
      const rows = shape[1] * shape[2];
      const part = Float64Array.from({ length: rows * frames }, (_, i) => {
        return data[Math.floor(i / frames) * shape[3] + 2 * first + (i % frames)];
      });
      window[name] = { shape: [1, shape[1], shape[2], frames], data: part };
    }
    const graph = maskNetwork(architecture, state);
    const [all, some] = [evaluate(graph, whole), evaluate(graph, window)];
    const context = architecture.timeTaps;
    for (const block of architecture.blocks.keys()) {
      const a = all[maskName(block)];
      const b = some[maskName(block)];
      let largest = 0;
      let compared = 0;
      for (let row = 0; row < a.shape[1] * a.shape[2]; row++) {
        for (let p = context; p < 2 * count - context; p++) {
          const difference = a.data[row * a.shape[3] + 2 * first + p] - b.data[row * 2 * count + p];
          largest = Math.max(largest, Math.abs(difference));
          compared++;
        }
      }
      expect(compared).toBeGreaterThan(0);
      expect(largest).toBeLessThan(1e-12);
    }
  });

  it.each(["native", "wasm"] as const)("runs as an ONNX model (%s)", async (preference) => {
    const [architecture, state] = network(small, realtime);
    const frames = feeds(architecture, magnitudes(architecture, 5));
    const exact = evaluate(maskNetwork(architecture, state), frames);
    const masks = await runModel(inferenceModel(architecture, state), preference, asFloat(frames));
    for (const [name, { shape, data }] of Object.entries(exact)) {
      expect(masks[name].dims).toEqual(shape);
      expect(agreement(data, masks[name].data)).toBeGreaterThan(112);
    }
  });
});

describe("a model of some blocks", () => {
  it("has these blocks' inputs and outputs alone, under the same names", async () => {
    const [architecture, state] = network(small, false);
    const runtime = await loadRuntime("native");
    const model = inferenceModel(architecture, state, { blocks: [2, 0] });
    await using session = await runtime.createSession(model, { threads: 1 });
    expect([...session.inputs].sort()).toEqual(["x0", "x2"]);
    expect([...session.outputs].sort()).toEqual(["mask0", "mask2"]);
  });

  it("refuses a state that lacks a tensor, naming it", () => {
    const [architecture, state] = network(small, false);
    const damaged = new Map(state);
    damaged.delete("sliced_umx.1.cdaes.2.4.running_var");
    expect(() => inferenceModel(architecture, damaged)).toThrow(
      /sliced_umx\.1\.cdaes\.2\.4\.running_var/,
    );
  });
});

describe("the normalisation", () => {
  it("adds the mean, then multiplies with the scale, bin by bin", () => {
    const b = new GraphBuilder("g");
    const x = b.input("x", [1, 2, 3, "frames"]);
    b.output("y", normalise(b, x, b.input("mean", [3]), b.input("scale", [3])));
    const mean = { shape: [3], data: Float64Array.of(-1, -2, -3) };
    const scale = { shape: [3], data: Float64Array.of(10, 100, 1000) };
    const data = Float64Array.from({ length: 12 }, (_, i) => i);
    const { y } = evaluate(b.build(), { x: { shape: [1, 2, 3, 2], data }, mean, scale });
    expect([...y.data]).toEqual([-10, 0, 0, 100, 1000, 2000, 50, 60, 600, 700, 7000, 8000]);
  });
});

describe.skipIf(!goldenDir)("the original's layers", () => {
  const golden = goldenDir ? readGolden(`${goldenDir}forward/layers.safetensors`) : new Map();
  const layer = (key: string): GoldenArray => {
    const array = golden.get(key);
    if (!array) throw new Error(`${key} is not among the reference numbers`);
    return array;
  };
  const published: Sizes = {
    blocks: [
      [1, 28],
      [86, 16],
      [14, 20],
    ],
    c1: 50,
    c2: 51,
    kt: 4,
  };

  /** The same graph with all values it computes as outputs, under names of the layers. */
  function layersOf(graph: Graph, block: number): Graph {
    const nodes = graph.nodes.slice(11 * block, 11 * (block + 1));
    return { ...graph, outputs: nodes.map((value, i) => ({ name: `${block}.layer${i}`, value })) };
  }

  /** What a layer of the frame layout is in the original's: target 0, as many channels as are stored. */
  function compare(name: string, number: number, { dims, data }: FloatTensors[string]): number {
    const expected = layer(name);
    const [channels, bins, frames] = expected.shape;
    if (number < 9) return agreement(expected.data, data.subarray(0, channels * bins * dims[3]));
    const stored = { channels, bins, frames, data: Float64Array.from(expected.data) };
    const ours = fromFrames({ dims, data }, 0);
    return agreement(crop(stored, ours.frames), ours.data);
  }

  it.each([
    ["offline", "native"],
    ["offline", "wasm"],
    ["realtime", "native"],
    ["realtime", "wasm"],
  ] as const)("come out of the %s network (%s)", async (variant, preference) => {
    const realtime = variant === "realtime";
    const [architecture, state] = network(published, realtime);
    const inputs = architecture.blocks.map((_, block) => {
      const { shape, data } = layer(`${variant}.block${block}.input`);
      const [channels, bins, frames] = shape;
      return { channels, bins, frames, data: Float64Array.from(data) };
    });
    const frames = asFloat(feeds(architecture, inputs));
    const graph = maskNetwork(architecture, state);
    let worst = Number.POSITIVE_INFINITY;
    for (const block of architecture.blocks.keys()) {
      const fed = { [inputName(block)]: frames[inputName(block)] };
      const single = layersOf(maskNetwork(architecture, state, { blocks: [block] }), 0);
      const results = await runModel(writeOnnx(single), preference, fed);
      for (let i = 0; i <= 10; i++) {
        const decibels = compare(`${variant}.block${block}.layer${i}`, i, results[`0.layer${i}`]);
        worst = Math.min(worst, decibels);
        expect(decibels, `block ${block}, layer ${i}`).toBeGreaterThan(112);
      }
    }
    const masks = await runModel(writeOnnx(foldBatchNorm(graph)), preference, frames);
    for (const block of architecture.blocks.keys()) {
      const decibels = compare(`${variant}.block${block}.layer10`, 10, masks[maskName(block)]);
      worst = Math.min(worst, decibels);
      expect(decibels, `block ${block}, folded`).toBeGreaterThan(112);
    }
    console.log(`layers, ${variant}, ${preference}: at least ${worst.toFixed(1)} dB`);
  });

  it.each([
    ["offline", 0],
    ["offline", 2],
    ["realtime", 0],
    ["realtime", 2],
  ] as const)("come out of the plain %s oracle (block %i)", (variant, block) => {
    const [architecture, state] = network(published, variant === "realtime");
    const { shape, data } = layer(`${variant}.block${block}.input`);
    const [channels, bins, frames] = shape;
    const input = { channels, bins, frames, data: Float64Array.from(data) };
    const layers = originalLayers(architecture, state, block, 0, input);
    const decibels = layers.map((ours, i) =>
      agreement(layer(`${variant}.block${block}.layer${i}`).data, ours.data),
    );
    console.log(
      `oracle, ${variant}, block ${block}: at least ${Math.min(...decibels).toFixed(1)} dB`,
    );
    expect(Math.min(...decibels)).toBeGreaterThan(112);
  });
});
