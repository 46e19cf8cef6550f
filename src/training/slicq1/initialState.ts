/** The weights that version 1's networks start with, drawn as PyTorch draws them; those of all targets are the same. */

import { targets } from "../../networks/index.ts";
import {
  expectedShapes,
  runningTensors,
  type Slicq1Architecture,
  tensorName,
  trainedTensors,
} from "../../networks/slicq1/index.ts";
import { elementCount, type StateDict, type Tensor } from "../../tensors/index.ts";
import { type Normalisation, Random } from "../data/index.ts";

/** Stream of random numbers for weights: none of the numbers of a batch's items. */
const WEIGHTS = 2 ** 52;

/**
 * Random weights: convolutions uniform within ±1/√(fan-in), batch norms that change nothing.
 * @param normalisation of every block's input; by default it changes nothing either
 */
export function initialSlicq1State(
  blocks: Slicq1Architecture,
  seed: number,
  normalisation?: readonly Normalisation[],
): StateDict {
  const found = new Map<string, Tensor>();
  for (const [number, block] of blocks.entries()) {
    const tensors = [...trainedTensors(block), ...runningTensors()];
    const shapes = new Map(tensors.map(({ field, shape }) => [field, shape]));
    for (const [i, { field, shape }] of tensors.entries()) {
      const data = new Float32Array(elementCount(shape));
      const [, second, ...kernel] = shapes.get(field.replace("12.bias", "12.weight")) ?? shape;
      if (field === "input_mean" || field === "input_scale") {
        const own = normalisation?.[number];
        if (own) data.set(field === "input_mean" ? own.mean : own.scale);
        else data.fill(field === "input_mean" ? 0 : 1);
      } else if (shape.length === 4 || field === "12.bias") {
        // PyTorch takes the second axis for the inputs, of transposed convolutions too.
        const bound = 1 / Math.sqrt(second * elementCount(kernel));
        const random = Random.of(seed, WEIGHTS, number, i);
        for (let k = 0; k < data.length; k++) data[k] = random.uniform(-bound, bound);
      } else if (field.endsWith(".weight") || field.endsWith(".running_var")) {
        data.fill(1);
      }
      for (const target of targets) {
        found.set(tensorName(target, number, field), { dtype: "f32", shape, data });
      }
    }
  }
  const counter = { dtype: "i64", shape: [], data: BigInt64Array.of(0n) } as const;
  return new Map(
    [...expectedShapes(blocks).keys()].map((name) => [name, found.get(name) ?? counter]),
  );
}
