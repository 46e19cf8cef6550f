/** A network's weights as they travel: all tensors in one array, which moves between threads as a whole. */
import type { Parameter } from "../graph/index.ts";
import type { FloatTensor } from "../runtime/index.ts";

/** Where a tensor lies among the weights. */
interface Place {
  readonly name: string;
  readonly shape: readonly number[];
  /** First float. */
  readonly offset: number;
  readonly length: number;
}

/** Tensors in one array. */
export interface Weights {
  readonly places: readonly Place[];
  /** Where they have just been prepared, gathered when first read; see {@link withoutNumbers}. */
  readonly data: Float32Array<ArrayBuffer>;
}

/** The places alone: all that is needed to make sessions, long before the numbers are there. */
export function withoutNumbers({ places }: Weights): Weights {
  return { places, data: new Float32Array(0) };
}

/** Gathers a graph's parameters, one at a time, when their numbers are first asked for. */
export function gatherWeights(parameters: readonly Parameter[]): Weights {
  let offset = 0;
  const places = parameters.map(({ name, shape }) => {
    const length = shape.reduce((a, b) => a * b, 1);
    const place = { name, shape, offset, length };
    // 16-byte alignment for whoever works on it with vectors.
    offset += 4 * Math.ceil(length / 4);
    return place;
  });
  let gather = () => {
    const data = new Float32Array(offset);
    for (const [i, { offset, length }] of places.entries()) {
      parameters[i].read(data.subarray(offset, offset + length));
    }
    // What they were gathered from is kept no longer.
    gather = () => data;
    return data;
  };
  return {
    places,
    // A property of its own: copies that are sent to threads have it too.
    get data() {
      return gather();
    },
  };
}

/** A copy of the tensors of some names. */
export function someWeights(
  { places, data }: Weights,
  isWanted: (name: string) => boolean,
): Weights {
  let offset = 0;
  const chosen = places.filter(({ name }) => isWanted(name));
  const moved = chosen.map((place) => {
    const to = offset;
    offset += 4 * Math.ceil(place.length / 4);
    return { ...place, offset: to };
  });
  const own = new Float32Array(offset);
  for (const [i, { offset: from, length }] of chosen.entries()) {
    own.set(data.subarray(from, from + length), moved[i].offset);
  }
  return { places: moved, data: own };
}

/** The weights as inputs of a session, by name: views, no copies. */
export function weightFeeds({ places, data }: Weights): Record<string, FloatTensor> {
  const feeds: Record<string, FloatTensor> = {};
  for (const { name, shape, offset, length } of places) {
    feeds[name] = { dims: shape, data: data.subarray(offset, offset + length) };
  }
  return feeds;
}
