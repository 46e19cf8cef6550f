/** The numbers of a band-coupled network: one flat array that training changes, and the statistics of its features. */
import {
  type CoupledArchitecture,
  coupledShapes,
  isStatistic,
} from "../../networks/coupled/index.ts";
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
  readonly name: string;
  readonly shape: readonly number[];
  readonly statistic: boolean;
  readonly offset: number;
  readonly length: number;
}

export class CoupledParameters implements TrainedNumbers {
  readonly trained: Float32Array;
  /** Means and scales of the features, which stay as they are. */
  readonly running: Float32Array;
  /** In the order of the state dict. */
  readonly #places: readonly Place[];

  private constructor(places: readonly Place[], trained: number, running: number) {
    this.#places = places;
    this.trained = new Float32Array(trained);
    this.running = new Float32Array(running);
  }

  /** A copy of the weights of a state dict. @throws WeightsError naming each tensor that is missing, extra or misshapen */
  static from(architecture: CoupledArchitecture, state: StateDict): CoupledParameters {
    const shapes = coupledShapes(architecture);
    checkState(state, shapes);
    const ends = { trained: 0, running: 0 };
    const places = [...shapes].map(([name, shape]): Place => {
      const statistic = isStatistic(name);
      const which = statistic ? "running" : "trained";
      const length = elementCount(shape);
      const offset = ends[which];
      ends[which] += length;
      return { name, shape, statistic, offset, length };
    });
    const parameters = new CoupledParameters(places, ends.trained, ends.running);
    for (const place of places) parameters.#of(place).set(floatData(state, place.name));
    return parameters;
  }

  state(): StateDict {
    const state = new Map<string, Tensor>();
    for (const place of this.#places) {
      state.set(place.name, { dtype: "f32", shape: place.shape, data: this.#of(place) });
    }
    return state;
  }

  /** All tensors as they are; or parts of an array like {@link trained}, renamed. */
  tensors(trained?: Float32Array, rename = (name: string) => name): Record<string, FloatTensor> {
    const tensors: Record<string, FloatTensor> = {};
    for (const place of this.#places) {
      if (trained && place.statistic) continue;
      const data = this.#of(place, trained);
      tensors[rename(place.name)] = { dims: place.shape, data };
    }
    return tensors;
  }

  #of({ statistic, offset, length }: Place, trained = this.trained): Float32Array {
    return (statistic ? this.running : trained).subarray(offset, offset + length);
  }
}
