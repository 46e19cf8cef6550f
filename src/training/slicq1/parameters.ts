/** The numbers of version 1's networks in training: flat arrays, and each network's tensors in them. */

import { type Target, targets } from "../../networks/index.ts";
import {
  expectedShapes,
  type MaskedBlock,
  runningTensors,
  type Slicq1Architecture,
  tensorName,
  trainedTensors,
} from "../../networks/slicq1/index.ts";
import type { FloatTensor } from "../../runtime/index.ts";
import {
  checkState,
  elementCount,
  floatData,
  type StateDict,
  type Tensor,
} from "../../tensors/index.ts";
import type { TrainedNumbers } from "../trainee.ts";

interface Place {
  readonly field: string;
  readonly name: string;
  readonly shape: readonly number[];
  readonly kind: "trained" | "running";
  readonly offset: number;
  readonly length: number;
}

export class Slicq1Parameters implements TrainedNumbers {
  readonly trained: Float32Array;
  readonly running: Float32Array;
  /** Batches that the running statistics have seen. */
  batchesTracked = 0n;
  readonly #blocks: Slicq1Architecture;
  /** Per target and block. */
  readonly #places: ReadonlyMap<Target, readonly (readonly Place[])[]>;

  /** A copy of the weights of a state dict. @throws WeightsError naming each tensor that is missing, extra or misshapen */
  constructor(blocks: Slicq1Architecture, state: StateDict) {
    checkState(state, expectedShapes(blocks));
    const ends = { trained: 0, running: 0 };
    const place = (target: Target, number: number, block: MaskedBlock): Place[] => {
      const of = (kind: Place["kind"]) =>
        (kind === "trained" ? trainedTensors(block) : runningTensors()).map(({ field, shape }) => {
          const length = elementCount(shape);
          const name = tensorName(target, number, field);
          const own = { field, name, shape, kind, offset: ends[kind], length };
          ends[kind] += length;
          return own;
        });
      return [...of("trained"), ...of("running")];
    };
    this.#blocks = blocks;
    this.#places = new Map(
      targets.map((target) => [target, blocks.map((block, i) => place(target, i, block))]),
    );
    this.trained = new Float32Array(ends.trained);
    this.running = new Float32Array(ends.running);
    for (const { name, kind, offset } of this.#all()) {
      this[kind].set(floatData(state, name), offset);
    }
    const counter = state.get(tensorName(targets[0], 0, "1.num_batches_tracked"));
    if (counter?.dtype === "i64") this.batchesTracked = counter.data[0];
  }

  /** The state dict in the order of files. @param trained values to show instead of the weights, an array like them */
  state(trained = this.trained): StateDict {
    const found = new Map<string, Tensor>();
    for (const { name, shape, kind, offset, length } of this.#all()) {
      const values = kind === "trained" ? trained : this.running;
      found.set(name, { dtype: "f32", shape, data: values.subarray(offset, offset + length) });
    }
    const ordered = new Map<string, Tensor>();
    for (const name of expectedShapes(this.#blocks).keys()) {
      const data = BigInt64Array.of(this.batchesTracked);
      ordered.set(name, found.get(name) ?? { dtype: "i64", shape: [], data });
    }
    return ordered;
  }

  /** Tensors of a target's network of a block by field; or parts of an array like {@link trained}, renamed. */
  tensors(
    target: Target,
    block: number,
    kind: Place["kind"],
    values = this[kind],
    rename = (field: string) => field,
  ): Record<string, FloatTensor> {
    const own = this.#places.get(target)?.[block] ?? [];
    const named = own.flatMap((place) => {
      if (place.kind !== kind) return [];
      const data = values.subarray(place.offset, place.offset + place.length);
      return [[rename(place.field), { dims: place.shape, data }] as const];
    });
    return Object.fromEntries(named);
  }

  #all(): Place[] {
    return [...this.#places.values()].flat(2);
  }
}
