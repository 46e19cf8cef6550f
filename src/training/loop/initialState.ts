/** The weights a training starts with, drawn as PyTorch draws them for the original. */
import { type Architecture, expectedShapes } from "../../networks/cdae/index.ts";
import { elementCount, type StateDict, type Tensor } from "../../tensors/index.ts";
import { type Normalisation, Random } from "../data/index.ts";

/** Stream of random numbers for weights: none of the numbers of a batch's items. */
const WEIGHTS = 2 ** 52;

/**
 * Random weights: convolutions uniform within ±1/√(fan-in) (He and others 2015, with a = √5), batch norms that change
 * nothing.
 *
 * @param normalisation of every block's input; by default it changes nothing either
 */
export function initialState(
  architecture: Architecture,
  seed: number,
  normalisation?: readonly Normalisation[],
): StateDict {
  const shapes = expectedShapes(architecture);
  const state = new Map<string, Tensor>();
  let number = 0;
  for (const [name, shape] of shapes) {
    const random = Random.of(seed, WEIGHTS, number++);
    state.set(name, initialTensor(name, shape, shapes, random, normalisation));
  }
  return state;
}

function initialTensor(
  name: string,
  shape: readonly number[],
  shapes: ReadonlyMap<string, readonly number[]>,
  random: Random,
  normalisation: readonly Normalisation[] | undefined,
): Tensor {
  if (name.endsWith(".num_batches_tracked")) {
    return { dtype: "i64", shape, data: BigInt64Array.of(0n) };
  }
  const data = new Float32Array(elementCount(shape));
  const input = /^sliced_umx\.(\d+)\.input_(mean|scale)$/.exec(name);
  if (input) {
    const block = normalisation?.[Number(input[1])];
    if (block) data.set(input[2] === "mean" ? block.mean : block.scale);
    else data.fill(input[2] === "mean" ? 0 : 1);
  } else if (shape.length === 4 || name.endsWith(".9.bias")) {
    const [, second, ...kernel] = shapes.get(name.replace(/bias$/, "weight")) ?? shape;
    // PyTorch takes the second axis for the inputs, of transposed convolutions too.
    const bound = 1 / Math.sqrt(second * elementCount(kernel));
    for (let i = 0; i < data.length; i++) data[i] = random.uniform(-bound, bound);
  } else if (name.endsWith(".weight") || name.endsWith(".running_var")) {
    data.fill(1);
  }
  return { dtype: "f32", shape, data };
}
