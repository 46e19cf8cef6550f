/** Weights of a small network as the start of a larger one. */
import { WeightsError } from "../../errors.ts";
import { type Architecture, expectedShapes } from "../../networks/cdae/index.ts";
import {
  checkState,
  type F32Tensor,
  floatData,
  type StateDict,
  type Tensor,
} from "../../tensors/index.ts";
import { initialState } from "./initialState.ts";

/**
 * Weights of a larger network that gives the same masks as a smaller one (in the manner of Chen, Goodfellow, Shlens
 * 2016), apart from the first and last frames, where longer inner kernels see less.
 *
 * New channels start at random and feed nothing that was there before; old kernels lie in the middle of longer ones.
 * Where both networks have the same size, the weights are given back as they are.
 *
 * @param state of a network `from`
 * @param to has the blocks of `from`; its channels and time taps are as many or more
 * @param seed of the new channels
 * @throws WeightsError "weights-mismatch" when a tensor does not fit, or `to` has fewer channels or taps
 */
export function grownState(
  state: StateDict,
  from: Architecture,
  to: Architecture,
  seed: number,
): StateDict {
  checkState(state, expectedShapes(from));
  const sizes = (of: Architecture) => [...of.hidden, of.timeTaps];
  const [before, after] = [sizes(from), sizes(to)];
  if (before.every((size, i) => size === after[i])) return state;
  if (before.some((size, i) => size > after[i])) {
    throw new WeightsError(
      "weights-mismatch",
      `A network of ${before.join(", ")} (channels, time taps) cannot start one of ${after.join(", ")}.`,
      "Choose sizes that are as large or larger; what was learned has no place in fewer.",
    );
  }
  const grown = new Map<string, Tensor>();
  for (const [name, fresh] of initialState(to, seed)) {
    const old = state.get(name);
    // A counter of batches, which has no size, goes on.
    if (!old || fresh.dtype !== "f32") grown.set(name, old ?? fresh);
    else
      grown.set(
        name,
        laidInto(fresh, old.shape, floatData(state, name), /\.[69]\.weight$/.test(name)),
      );
  }
  return grown;
}

/**
 * A tensor of the larger network with the smaller one's laid into it.
 *
 * @param transposed outputs are the second axis, as in transposed convolutions, and not the first
 */
function laidInto(
  { shape, data }: F32Tensor,
  oldShape: readonly number[],
  old: Float32Array,
  transposed: boolean,
): Tensor {
  if (shape.length !== 4) {
    data.set(old);
    return { dtype: "f32", shape, data };
  }
  const [, second, rows, taps] = shape;
  const [oldFirst, oldSecond, , oldTaps] = oldShape;
  const oldOutputs = transposed ? oldSecond : oldFirst;
  const shift = (taps - oldTaps) >> 1;
  for (let i = 0; i < data.length; i++) {
    const tap = (i % taps) - shift;
    const row = Math.floor(i / taps) % rows;
    const b = Math.floor(i / (taps * rows)) % second;
    const a = Math.floor(i / (taps * rows * second));
    if (a < oldFirst && b < oldSecond && tap >= 0 && tap < oldTaps) {
      data[i] = old[((a * oldSecond + b) * rows + row) * oldTaps + tap];
    } else if ((transposed ? b : a) < oldOutputs) {
      data[i] = 0;
    }
  }
  return { dtype: "f32", shape, data };
}
