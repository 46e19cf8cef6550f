/**
 * The numbers that training changes: one flat array, with views of it under the names of the state dict.
 *
 * Within a block a field's four targets lie one after another, so that one view feeds a graph and another is a
 * tensor of the state dict, and nothing is ever packed. Gradients and the optimiser's moments have the same
 * order.
 */
import {
  type Architecture,
  type BlockTensor,
  expectedShapes,
  inputShape,
  normLayers,
  runningTensors,
  tensorName,
  trainedTensors,
} from "../networks/cdae/index.ts";
import { targets } from "../networks/index.ts";
import type { FloatTensor } from "../runtime/index.ts";
import {
  checkState,
  elementCount,
  floatData,
  type StateDict,
  type Tensor,
} from "../tensors/index.ts";

/** Where a tensor of the state dict lies. */
export interface Place {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly length: number;
}

/** Where a field of a block, all targets one after another, lies. */
interface FieldPlace {
  readonly field: string;
  readonly dims: readonly number[];
  readonly offset: number;
  readonly length: number;
}

/** The order of numbers in a flat array. */
export interface ParameterLayout {
  readonly length: number;
  /** In the order of the flat array. */
  readonly places: readonly Place[];
  /** Per block. */
  readonly fields: readonly (readonly FieldPlace[])[];
}

/** The layout of what is trained, or of the running statistics. */
export function parameterLayout(
  architecture: Architecture,
  which: "trained" | "running",
): ParameterLayout {
  const places: Place[] = [];
  let offset = 0;
  const fields = architecture.blocks.map((_, block) => {
    const tensors =
      which === "trained" ? trainedTensors(architecture, block) : runningTensors(architecture);
    return tensors.map((tensor) => {
      const dims = inputShape(tensor);
      const place = { field: tensor.field, dims, offset, length: elementCount(dims) };
      for (const name of stateNames(block, tensor)) {
        const length = elementCount(tensor.shape);
        places.push({ name, shape: tensor.shape, offset, length });
        offset += length;
      }
      return place;
    });
  });
  return { length: offset, places, fields };
}

function stateNames(block: number, { field, perTarget }: BlockTensor): string[] {
  if (!perTarget) return [`sliced_umx.${block}.${field}`];
  const [layer, name] = field.split(".");
  return [...targets.keys()].map((target) => tensorName(block, target, Number(layer), name));
}

/** A block's part of a flat array as tensors by field. */
export function blockTensors(
  layout: ParameterLayout,
  block: number,
  values: Float32Array,
  name: (field: string) => string = (field) => field,
): Record<string, FloatTensor> {
  return Object.fromEntries(
    layout.fields[block].map(({ field, dims, offset, length }) => [
      name(field),
      { dims, data: values.subarray(offset, offset + length) },
    ]),
  );
}

/** The weights of a network in training. */
export class Parameters {
  readonly architecture: Architecture;
  readonly trainedLayout: ParameterLayout;
  readonly runningLayout: ParameterLayout;
  /** Everything the optimiser changes. */
  readonly trained: Float32Array;
  /** Running means and variances of the batch norms. */
  readonly running: Float32Array;
  /** Batches that the running statistics have seen. */
  batchesTracked: bigint;

  private constructor(architecture: Architecture) {
    this.architecture = architecture;
    this.trainedLayout = parameterLayout(architecture, "trained");
    this.runningLayout = parameterLayout(architecture, "running");
    this.trained = new Float32Array(this.trainedLayout.length);
    this.running = new Float32Array(this.runningLayout.length);
    this.batchesTracked = 0n;
  }

  /**
   * A copy of the weights of a state dict.
   *
   * @throws WeightsError naming each tensor that is missing, extra or misshapen
   */
  static from(architecture: Architecture, state: StateDict): Parameters {
    checkState(state, expectedShapes(architecture));
    const parameters = new Parameters(architecture);
    for (const { name, offset } of parameters.trainedLayout.places) {
      parameters.trained.set(floatData(state, name), offset);
    }
    for (const { name, offset } of parameters.runningLayout.places) {
      parameters.running.set(floatData(state, name), offset);
    }
    const counter = state.get(tensorName(0, 0, normLayers[0], "num_batches_tracked"));
    if (counter?.dtype === "i64") parameters.batchesTracked = counter.data[0];
    return parameters;
  }

  /**
   * The state dict in the original's names, shapes and order. Its arrays are views: they change with training.
   *
   * @param trained values to show instead of the current ones, such as an average of weights
   */
  state(trained: Float32Array = this.trained): StateDict {
    const found = new Map<string, Tensor>();
    const add = (layout: ParameterLayout, values: Float32Array) => {
      for (const { name, shape, offset, length } of layout.places) {
        found.set(name, { dtype: "f32", shape, data: values.subarray(offset, offset + length) });
      }
    };
    add(this.trainedLayout, trained);
    add(this.runningLayout, this.running);
    const ordered = new Map<string, Tensor>();
    for (const name of expectedShapes(this.architecture).keys()) {
      const counter = {
        dtype: "i64",
        shape: [],
        data: BigInt64Array.of(this.batchesTracked),
      } as const;
      ordered.set(name, found.get(name) ?? counter);
    }
    return ordered;
  }
}
