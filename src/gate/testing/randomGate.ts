/** A gate's network of random weights: it moves much of every stem, and differently at all times. */

import type { StateDict, Tensor } from "../../tensors/index.ts";
import { noise } from "../../testing/noise.ts";
import { gateShapes } from "../gateNetwork.ts";

export function randomGate(channels = 8): StateDict {
  const state = new Map<string, Tensor>();
  for (const [i, [name, shape]] of [...gateShapes(channels)].entries()) {
    const length = shape.reduce((a, b) => a * b, 1);
    const scale = name.startsWith("in.") ? 0.1 : 0.7;
    state.set(name, { dtype: "f32", shape, data: noise(length, 100 + i).map((x) => scale * x) });
  }
  return state;
}
