import { describe, expect, it } from "vitest";
import { evaluate, GraphBuilder, type NumericArray } from "../../graph/index.ts";
import { floatData } from "../../tensors/index.ts";
import { formulaState } from "../../testing/formulaWeights.ts";
import { agreement } from "../../testing/golden.ts";
import { targets } from "../targets.ts";
import { architectureOf } from "./architecture.ts";
import { blockNetwork, inputShape, runningTensors, trainedTensors } from "./blockNetwork.ts";
import { inputName, maskName, maskNetwork } from "./maskNetwork.ts";
import { toFrames } from "./testing/frames.ts";
import { volume } from "./testing/originalNetwork.ts";

const cases = [10, 2].flatMap((bins) => [true, false].map((realtime) => ({ bins, realtime })));

describe.each(cases)("the network of $bins bins for training, realtime: $realtime", (variant) => {
  const { bins, realtime } = variant;
  const coefs = 8;
  const half = coefs / 2;
  const slices = 4;
  const batch = 2;
  const state = formulaState({ blocks: [[bins, coefs]], c1: 3, c2: 4, kt: 3 });
  const architecture = architectureOf([{ bins, coefs }], realtime, state);
  const noise = (seed: number) => {
    let last = seed;
    return Float64Array.from({ length: 2 * bins * slices * coefs }, () => {
      last = (Math.imul(last, 1664525) + 1013904223) >>> 0;
      return last / 2 ** 32;
    });
  };
  /** Magnitudes [2, bins, slices·coefs] of each item. */
  const items = [noise(1), noise(2)];
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

  it("gives the masks of the one for inference", () => {
    const { masks } = masksOf("running");
    const graph = maskNetwork(architecture, state);
    const mean = floatData(state, "sliced_umx.0.input_mean");
    const scale = floatData(state, "sliced_umx.0.input_scale");
    for (const [item, magnitudes] of items.entries()) {
      const x = volume(2, bins, slices * coefs);
      for (let i = 0; i < x.data.length; i++) {
        const f = Math.floor(i / (slices * coefs)) % bins;
        x.data[i] = (magnitudes[i] + mean[f]) * scale[f];
      }
      const feeds = { [inputName(0)]: toFrames(x, coefs, realtime) };
      const expected = evaluate(graph, feeds)[maskName(0)].data;
      const own = masks.data.filter((_, i) => i % batch === item);
      expect(agreement(expected, own)).toBeGreaterThan(120);
    }
  });

  it("normalises by the batch: the masks are those of running statistics equal to its own", () => {
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
          const own = data.subarray(t * channels, (t + 1) * channels);
          floatData(state, key).set(own);
        }
      }
    }
    expect(agreement(first.masks.data, masksOf("running").masks.data)).toBeGreaterThan(100);
  });
});
