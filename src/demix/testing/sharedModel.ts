/** For tests: a model whose masks are constants, so that every stem is a known share of the song. */
import type { Model } from "../../models/index.ts";
import { type Target, targets } from "../../networks/index.ts";
import type { Tensor } from "../../tensors/index.ts";
import { formulaModel } from "../../testing/formulaModel.ts";

/** Part of the song that each stem is. They sum to 1. */
export const shares: Readonly<Record<Target, number>> = {
  bass: 0.1,
  vocals: 0.2,
  other: 0.3,
  drums: 0.4,
};

/** The tiny transform, mix phase; the last layer has no weights, its bias alone makes the mask. */
export function sharedModel(parts: Readonly<Record<Target, number>> = shares): Model {
  const model = formulaModel("mel-32", true);
  const state = new Map<string, Tensor>(model.state);
  for (const [name, { shape }] of model.state) {
    const [, target, field] = /cdaes\.(\d)\.9\.(weight|bias)$/.exec(name) ?? [];
    if (field === undefined) continue;
    const share = parts[targets[Number(target)]];
    const length = shape.reduce((a, b) => a * b, 1);
    const value = field === "bias" ? Math.log(share / (1 - share)) : 0;
    state.set(name, { dtype: "f32", shape, data: new Float32Array(length).fill(value) });
  }
  return { ...model, state };
}
