import { describe, expect, it } from "vitest";
import { evaluate, gradientName, type NumericArray, writeOnnx } from "../graph/index.ts";
import type { Architecture } from "../networks/cdae/index.ts";
import { loadRuntime } from "../runtime/index.ts";
import { agreement } from "../testing/golden.ts";
import { noiseSource } from "../testing/noise.ts";
import { type BlockGraphOptions, blockGraph, feed, result } from "./blockGraph.ts";
import { lossPlan } from "./losses/lossPlan.ts";
import { originalLosses, type TrainingPhase } from "./settings.ts";
import { noiseArray } from "./testing/noiseArray.ts";

const wiener: TrainingPhase = { method: "wiener-em", window: 13, scale: "item" };

const variants = [
  { realtime: true, taps: 1, phase: { method: "mix" }, spectral: "complex" },
  { realtime: false, taps: 3, phase: { method: "mix" }, spectral: "complex" },
  { realtime: true, taps: 3, phase: { method: "mix" }, spectral: "magnitude" },
  { realtime: false, taps: 1, phase: wiener, spectral: "complex" },
  { realtime: true, taps: 3, phase: { method: "mix" }, spectral: "sdr" },
  { realtime: false, taps: 1, phase: wiener, spectral: "sdr" },
] as const;

function optionsOf({
  realtime,
  taps,
  phase,
  spectral,
}: (typeof variants)[number]): BlockGraphOptions {
  const blocks = [{ bins: taps === 1 ? 2 : 6, coefs: 8, frequencyTaps: taps }];
  const architecture: Architecture = { realtime, blocks, hidden: [3, 2], timeTaps: 2 };
  const settings = { ...originalLosses, spectral, spectralWeight: 2, maskSumWeight: 0.5 };
  const losses = lossPlan({ phase, losses: settings });
  return { architecture, block: 0, batch: 2, slices: 3, losses };
}

function feedsFor(graph: ReturnType<typeof blockGraph>): Record<string, NumericArray> {
  const random = noiseSource(5);
  const maps: Record<string, (value: number) => number> = {
    [feed.magnitude]: (value) => 1 + 0.9 * value,
  };
  const feeds: Record<string, NumericArray> = {};
  for (const { name, shape } of graph.inputs) {
    feeds[name] = noiseArray(shape.map(Number), random, maps[name]);
  }
  return feeds;
}

describe.each(variants)(
  "a block's gradients: $realtime $taps $phase.method $spectral",
  (variant) => {
    const options = optionsOf(variant);
    const graph = blockGraph(options, {
      statistics: "batch",
      gives: "gradients",
      stemGradient: true,
    });
    const feeds = feedsFor(graph);
    // Losses that are computed outside have a gradient by the stems, or through Wiener-EM by the masks.
    const outside =
      variant.phase.method === "mix"
        ? ({ gives: "stems", name: result.stems, slope: feed.stemGradient } as const)
        : ({ gives: "masks", name: result.masks, slope: feed.maskGradient } as const);

    it("are those of central differences", () => {
      const losses = blockGraph(options, {
        statistics: "batch",
        gives: "losses",
        stemGradient: false,
      });
      const { gives, name: made, slope } = outside;
      const estimates = blockGraph(options, { statistics: "batch", gives, stemGradient: false });
      const only = (names: typeof losses, all: Record<string, NumericArray>) =>
        Object.fromEntries(names.inputs.map(({ name }) => [name, all[name]]));
      const lossOf = (all: Record<string, NumericArray>) => {
        const values = evaluate(losses, only(losses, all));
        const { data } = evaluate(estimates, only(estimates, all))[made];
        const product = data.reduce((sum, value, i) => sum + value * all[slope].data[i], 0);
        const weights = all[feed.errorWeights]?.data ?? [];
        const spectral =
          values.spectral?.data[0] ??
          values[result.errors]?.data.reduce((sum, error, i) => sum + error * weights[i], 0) ??
          0;
        return 2 * spectral + 0.5 * values.maskSum.data[0] + product;
      };
      const found = evaluate(graph, feeds);
      const h = 1e-5;
      for (const name of [
        "input_mean",
        "input_scale",
        "0.weight",
        "1.weight",
        "4.bias",
        "6.weight",
      ]) {
        const { shape, data } = feeds[name];
        const gradient = found[gradientName(name)].data;
        const picked = [...data.keys()].filter((i) => i % Math.ceil(data.length / 12) === 0);
        const expected = picked.map((i) => {
          const at = (by: number) => {
            const moved = data.slice();
            moved[i] += by;
            return lossOf({ ...feeds, [name]: { shape, data: moved } });
          };
          return (at(h) - at(-h)) / (2 * h);
        });
        const db = agreement(
          expected,
          picked.map((i) => gradient[i]),
        );
        expect(db, name).toBeGreaterThan(80);
      }
    });

    it("come out of ONNX Runtime", async () => {
      const runtime = await loadRuntime("native");
      await using session = await runtime.createSession(writeOnnx(graph), { threads: 1 });
      const outputs = await session.run(
        Object.fromEntries(
          Object.entries(feeds).map(([name, { shape, data }]) => [
            name,
            { dims: shape, data: Float32Array.from(data) },
          ]),
        ),
      );
      const rounded = Object.fromEntries(
        Object.entries(feeds).map(([name, { shape, data }]) => [
          name,
          { shape, data: Float64Array.from(Float32Array.from(data)) },
        ]),
      );
      for (const [name, { data }] of Object.entries(evaluate(graph, rounded))) {
        expect(agreement(data, outputs[name].data), name).toBeGreaterThan(90);
      }
    });
  },
);

it("the loss is the mean over the 14 combinations, computed one by one", () => {
  const options = optionsOf(variants[1]);
  const kind = { statistics: "batch", stemGradient: false } as const;
  const losses = blockGraph(options, { ...kind, gives: "losses" });
  const feeds = feedsFor(losses);
  const stems = blockGraph(options, { ...kind, gives: "stems" });
  const made = evaluate(
    stems,
    Object.fromEntries(stems.inputs.map(({ name }) => [name, feeds[name]])),
  );
  const estimate = made[result.stems].data;
  const target = feeds[feed.inPhase].data;
  const perTarget = estimate.length / 4;
  let sum = 0;
  for (let set = 1; set <= 14; set++) {
    for (let i = 0; i < perTarget; i++) {
      let error = 0;
      for (let j = 0; j < 4; j++) {
        const at = j * perTarget + i;
        if ((set >> j) & 1) error += estimate[at] - target[at];
      }
      sum += error * error;
    }
  }
  const found = evaluate(losses, feeds).spectral.data[0];
  expect(found / (sum / (14 * 2 * perTarget))).toBeCloseTo(1, 6);
});

it("a graph that ends at the masks has no stems or errors", () => {
  for (const gives of ["stems", "errors"] as const) {
    const kind = { statistics: "batch", gives, stemGradient: false } as const;
    expect(() => blockGraph(optionsOf(variants[5]), kind)).toThrow(/not computed in the graph/);
  }
});
