/** The numbers of Open-Unmix's and X-UMX's networks in training: flat arrays, and each target's tensors in them. */
import { type TensorNames, targetShapes, type UmxArchitecture } from "../../networks/umx/index.ts";
import {
  checkState,
  elementCount,
  floatData,
  type StateDict,
  type Tensor,
} from "../../tensors/index.ts";
import type { TrainedNumbers } from "../trainee.ts";

interface Place {
  /** In Open-Unmix's files. */
  readonly own: string;
  /** In the state dict. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly kind: "trained" | "running" | "counter";
  readonly offset: number;
  readonly length: number;
}

/** Tensors of one target by their names in Open-Unmix. */
export type TargetTensors = ReadonlyMap<string, Float32Array>;

export class UmxParameters implements TrainedNumbers {
  readonly trained: Float32Array;
  readonly running: Float32Array;
  /** Batches that the running statistics have seen. */
  batchesTracked = 0n;
  /** For each target, in the order of the state dict. */
  readonly #places: readonly (readonly Place[])[];

  /**
   * A copy of the weights of a state dict.
   * @throws WeightsError naming each tensor that is missing, extra or misshapen
   */
  constructor(
    architecture: UmxArchitecture,
    targets: readonly string[],
    nameOf: TensorNames,
    state: StateDict,
  ) {
    const ends = { trained: 0, running: 0, counter: 0 };
    const shapes = targetShapes(architecture);
    this.#places = targets.map((target) =>
      [...shapes].map(([own, shape]): Place => {
        const kind = kindOf(own);
        const length = elementCount(shape);
        const place = { own, name: nameOf(target, own), shape, kind, offset: ends[kind], length };
        ends[kind] += length;
        return place;
      }),
    );
    const all = this.#places.flat();
    checkState(state, new Map(all.map(({ name, shape }) => [name, shape])));
    this.trained = new Float32Array(ends.trained);
    this.running = new Float32Array(ends.running);
    for (const { name, kind, offset } of all) {
      if (kind !== "counter") this[kind].set(floatData(state, name), offset);
      else {
        const counter = state.get(name);
        if (counter?.dtype === "i64") this.batchesTracked = counter.data[0];
      }
    }
  }

  state(): StateDict {
    const state = new Map<string, Tensor>();
    for (const { name, shape, kind, offset, length } of this.#places.flat()) {
      if (kind === "counter") {
        state.set(name, { dtype: "i64", shape, data: BigInt64Array.of(this.batchesTracked) });
      } else {
        const data = this[kind].subarray(offset, offset + length);
        state.set(name, { dtype: "f32", shape, data });
      }
    }
    return state;
  }

  /** A target's tensors, of what is trained in `trained`: by default the weights, else an array like them. */
  target(index: number, trained = this.trained): TargetTensors {
    const views = this.#places[index].flatMap(({ own, kind, offset, length }) => {
      if (kind === "counter") return [];
      const data = kind === "trained" ? trained : this.running;
      return [[own, data.subarray(offset, offset + length)] as const];
    });
    return new Map(views);
  }
}

function kindOf(name: string): Place["kind"] {
  if (name.endsWith("num_batches_tracked")) return "counter";
  return /running_(mean|var)$/.test(name) ? "running" : "trained";
}

/** A tensor of a target. @throws RangeError when it has none of that name */
export function tensorOf(tensors: TargetTensors, name: string): Float32Array {
  const found = tensors.get(name);
  if (!found) throw new RangeError(`there is no tensor ${name}`);
  return found;
}

/** The running statistics of a target's batch norm. */
export function runningOf(tensors: TargetTensors, norm: string) {
  return {
    mean: tensorOf(tensors, `${norm}.running_mean`),
    variance: tensorOf(tensors, `${norm}.running_var`),
  };
}
