/** Networks of version 1 with formula weights, those of the reference numbers. */
import { elementCount, type StateDict, type Tensor } from "../../../tensors/index.ts";
import { formulaTensor } from "../../../testing/formulaWeights.ts";
import { targets } from "../../targets.ts";
import { expectedShapes, hidden, type MaskedBlock } from "../architecture.ts";
import { architectureFor } from "../prepared.ts";
import type { Slicq1Settings } from "../settings.ts";

/** The settings of the published model. */
export const publishedSettings: Slicq1Settings = {
  family: "slicq1",
  scale: { name: "bark", bins: 262, fmin: 32.9, gamma: 25 },
  bandwidth: 16000,
};

function rangeOf(field: string, block: MaskedBlock): readonly [number, number] {
  const { coefs, frequencyTaps, timeTaps } = block;
  const c = Math.min(16, 0.6 * (coefs / 20) ** 2);
  const within = (scale: number, channels: number) => {
    const most = scale * Math.sqrt(3 / (channels * frequencyTaps * timeTaps));
    return [-most, most] as const;
  };
  if (field === "input_mean") return [-0.5 / c, -0.1 / c];
  if (field === "input_scale") return [0.7 * c, 1.3 * c];
  if (field === "cdae.0.weight") return within(1.5, 2);
  if (field === "cdae.3.weight") return within(1.4, hidden.outer);
  if (field === "cdae.6.weight") return within(1.4, hidden.inner);
  if (field === "cdae.9.weight") return within(1.4, hidden.outer);
  if (field === "cdae.12.weight") return [-1.2, 1.2];
  if (field === "cdae.12.bias") return [-1, 0];
  if (field.endsWith(".weight")) return [0.6, 1.4];
  if (field.endsWith(".bias")) return [-0.3, 0.5];
  return field.endsWith(".running_mean") ? [-0.2, 0.2] : [0.5, 1.5];
}

/** A state dict with the names, shapes and order of the original's files. */
export function formulaState(settings: Slicq1Settings): StateDict {
  const blocks = architectureFor(settings);
  const state = new Map<string, Tensor>();
  for (const [name, shape] of expectedShapes(blocks)) {
    if (name.endsWith("num_batches_tracked")) {
      state.set(name, { dtype: "i64", shape, data: BigInt64Array.of(0n) });
      continue;
    }
    const [, block, field] = /^bucketed_unmixes_\w+?\.(\d+)\.(.+)$/.exec(name) ?? [];
    const [lo, hi] = rangeOf(field, blocks[Number(block)]);
    if (elementCount(shape) > 0) state.set(name, formulaTensor(name, shape, lo, hi));
  }
  return state;
}

/** A model of formula weights; by default as the published one. */
export function formulaSlicq1(settings = publishedSettings) {
  return {
    config: { ...settings, name: "formula-slicq1", sampleRate: 44100, targets },
    state: formulaState(settings),
  };
}
