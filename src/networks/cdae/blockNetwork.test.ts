import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluate, GraphBuilder, type NumericArray } from "../../graph/index.ts";
import { floatData } from "../../tensors/index.ts";
import { formulaState } from "../../testing/formulaWeights.ts";
import { agreement } from "../../testing/golden.ts";
import { doubleNoise } from "../../testing/noise.ts";
import { targets } from "../targets.ts";
import { architectureOf, fewestSlices } from "./architecture.ts";
import { blockNetwork, inputShape, runningTensors, trainedTensors } from "./blockNetwork.ts";
import { inputName, maskName, maskNetwork } from "./maskNetwork.ts";
import { toFrames } from "./testing/frames.ts";
import { volume } from "./testing/originalNetwork.ts";

/** A network of one block, and the arrays it works on. */
interface Case {
  /** 1 to 9 bins have one frequency tap, 10 to 19 three, more five. */
  readonly bins: number;
  readonly coefs: number;
  readonly hidden: readonly [number, number];
  readonly timeTaps: number;
  readonly realtime: boolean;
  readonly slices: number;
  readonly batch: number;
}

function network({ bins, coefs, hidden, timeTaps, realtime, slices, batch }: Case) {
  const half = coefs / 2;
  const [c1, c2] = hidden;
  const state = formulaState({ blocks: [[bins, coefs]], c1, c2, kt: timeTaps });
  const architecture = architectureOf([{ bins, coefs }], realtime, state);
  const noise = (seed: number) =>
    doubleNoise(2 * bins * slices * coefs, seed).map((value) => (value + 1) / 2);
  /** Magnitudes [2, bins, slices·coefs] of each item. */
  const items = Array.from({ length: batch }, (_, item) => noise(1 + item));
  const place = (c: number, f: number, n: number, item: number) =>
    (((c * half + (n % half)) * bins + f) * 2 * slices + Math.floor(n / half)) * batch + item;
  const eachPlace = (visit: (from: number, to: number, item: number) => void) => {
    for (let item = 0; item < batch; item++) {
      for (let c = 0; c < 2; c++) {
        for (let f = 0; f < bins; f++) {
          for (let n = 0; n < slices * coefs; n++) {
            visit((c * bins + f) * slices * coefs + n, place(c, f, n, item), item);
          }
        }
      }
    }
  };
  const packed = (field: string, perTarget: boolean) => {
    if (!perTarget) return floatData(state, `sliced_umx.0.${field}`);
    return Float32Array.from(
      [...targets.keys()].flatMap((t) => [...floatData(state, `sliced_umx.0.cdaes.${t}.${field}`)]),
    );
  };

  function masksOf(statistics: "batch" | "running") {
    const b = new GraphBuilder("block");
    const magnitude = b.input("magnitude", [2, half, bins, 2 * slices * batch]);
    const data = new Float64Array(2 * bins * slices * coefs * batch);
    eachPlace((from, to, item) => {
      data[to] = items[item][from];
    });
    const feeds: Record<string, NumericArray> = {
      magnitude: { shape: [2, half, bins, 2 * slices * batch], data },
    };
    const tensors = [...trainedTensors(architecture, 0), ...runningTensors(architecture)];
    const inputs = new Map(
      tensors.map((tensor) => {
        const shape = inputShape(tensor);
        feeds[tensor.field] = {
          shape,
          data: Float64Array.from(packed(tensor.field, tensor.perTarget)),
        };
        return [tensor.field, b.input(tensor.field, shape)];
      }),
    );
    const found = blockNetwork(b, magnitude, (field) => inputs.get(field)!, {
      architecture,
      block: 0,
      batch,
      statistics,
    });
    b.output("masks", found.masks);
    for (const { layer, mean, variance } of found.statistics) {
      b.output(`mean${layer}`, mean);
      b.output(`variance${layer}`, variance);
    }
    return evaluate(b.build(), feeds);
  }

  /** Masks of an item by the graph for inference. */
  function inferred(item: number) {
    const mean = floatData(state, "sliced_umx.0.input_mean");
    const scale = floatData(state, "sliced_umx.0.input_scale");
    const x = volume(2, bins, slices * coefs);
    for (let i = 0; i < x.data.length; i++) {
      const f = Math.floor(i / (slices * coefs)) % bins;
      x.data[i] = (items[item][i] + mean[f]) * scale[f];
    }
    const feeds = { [inputName(0)]: toFrames(x, coefs, realtime) };
    return evaluate(maskNetwork(architecture, state), feeds)[maskName(0)].data;
  }

  return { architecture, state, masksOf, inferred };
}

const cases = fc
  .record({
    bins: fc.constantFrom(1, 2, 9, 10, 13, 19, 20, 23),
    coefs: fc.constantFrom(4, 8, 12, 16),
    hidden: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
    timeTaps: fc.integer({ min: 1, max: 5 }),
    realtime: fc.boolean(),
    more: fc.integer({ min: 0, max: 2 }),
    batch: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ more, ...sizes }): Case => {
    const fewest = fewestSlices({ ...sizes, blocks: [] });
    return { ...sizes, slices: fewest + more };
  });

describe("the network for training", () => {
  it("gives the masks of the one for inference, whatever the architecture", () => {
    let worst = Number.POSITIVE_INFINITY;
    fc.assert(
      fc.property(cases, (one) => {
        const { masksOf, inferred } = network(one);
        const { masks } = masksOf("running");
        for (let item = 0; item < one.batch; item++) {
          const own = masks.data.filter((_, i) => i % one.batch === item);
          const db = agreement(inferred(item), own);
          worst = Math.min(worst, db);
          expect(db).toBeGreaterThan(120);
        }
      }),
      { seed: 20, numRuns: 60 },
    );
    console.log(`masks for training and inference: at least ${worst.toFixed(1)} dB`);
  });

  it.each([10, 2].flatMap((bins) => [true, false].map((realtime) => ({ bins, realtime }))))(
    "normalises by the batch: masks are those of running statistics equal to its own, %o",
    (own) => {
      const sizes = { coefs: 8, hidden: [3, 4], timeTaps: 3, slices: 4, batch: 2 } as const;
      const { bins, coefs, slices, batch } = { ...own, ...sizes };
      const { state, masksOf } = network({ ...own, ...sizes });
      const first = masksOf("batch");
      expect(first.masks.shape).toEqual([4, coefs, bins, 2 * slices * batch]);
      for (const layer of [1, 4, 7]) {
        for (const [field, name] of [
          ["running_mean", `mean${layer}`],
          ["running_var", `variance${layer}`],
        ]) {
          const { data } = first[name];
          const channels = data.length / targets.length;
          for (const t of targets.keys()) {
            const key = `sliced_umx.0.cdaes.${t}.${layer}.${field}`;
            floatData(state, key).set(data.subarray(t * channels, (t + 1) * channels));
          }
        }
      }
      expect(agreement(first.masks.data, masksOf("running").masks.data)).toBeGreaterThan(100);
    },
  );
});
