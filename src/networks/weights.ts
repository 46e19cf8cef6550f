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
  readonly data: Float32Array<ArrayBuffer>;
}

/** Gathers a graph's parameters, one at a time. */
export function gatherWeights(parameters: readonly Parameter[]): Weights {
  let offset = 0;
  const places = parameters.map(({ name, shape }) => {
    const length = shape.reduce((a, b) => a * b, 1);
    const place = { name, shape, offset, length };
    // 16-byte alignment for whoever works on it with vectors.
    offset += 4 * Math.ceil(length / 4);
    return place;
  });
  const data = new Float32Array(offset);
  for (const [i, { offset, length }] of places.entries()) {
    parameters[i].read(data.subarray(offset, offset + length));
  }
  return { places, data };
}

/** The weights as inputs of a session, by name: views, no copies. */
export function weightFeeds({ places, data }: Weights): Record<string, FloatTensor> {
  const feeds: Record<string, FloatTensor> = {};
  for (const { name, shape, offset, length } of places) {
    feeds[name] = { dims: shape, data: data.subarray(offset, offset + length) };
  }
  return feeds;
}
