/** The weights that networks of whole songs start with, drawn as PyTorch draws them. */
import { targetShapes, units } from "../../networks/umx/index.ts";
import { elementCount, type StateDict, type Tensor } from "../../tensors/index.ts";
import { Random } from "../data/random.ts";
import type { Normalisation } from "../data/statistics.ts";
import type { UmxTraining } from "./umxStep.ts";

/** Stream of random numbers for weights: none of the numbers of a batch's items. */
const WEIGHTS = 2 ** 52;

/** The tensors of a training's targets among those of a model, which may have more. */
export function stateOfTargets(
  { architecture, targets, nameOf }: UmxTraining,
  state: StateDict,
): StateDict {
  const names = targets.flatMap((target) =>
    [...targetShapes(architecture).keys()].map((name) => nameOf(target, name)),
  );
  return new Map(
    names.flatMap((name) => {
      const tensor = state.get(name);
      return tensor ? [[name, tensor] as const] : [];
    }),
  );
}

/**
 * Random weights, uniform within ±1/√(inputs), in recurrent layers within ±1/√(units); batch norms that change nothing, and
 * masks that begin around one.
 *
 * @param normalisation of the spectrum's bins; by default it changes nothing either
 */
export function initialUmxState(
  { architecture, targets, nameOf }: UmxTraining,
  seed: number,
  normalisation?: Normalisation,
): StateDict {
  const state = new Map<string, Tensor>();
  const recurrent = 1 / Math.sqrt(units(architecture));
  for (const [j, target] of targets.entries()) {
    for (const [number, [name, shape]] of [...targetShapes(architecture)].entries()) {
      if (name.endsWith("num_batches_tracked")) {
        state.set(nameOf(target, name), { dtype: "i64", shape, data: BigInt64Array.of(0n) });
        continue;
      }
      const data = new Float32Array(elementCount(shape));
      if (name === "input_mean" || name === "input_scale") {
        const kind = name === "input_mean" ? "mean" : "scale";
        if (normalisation) data.set(normalisation[kind].subarray(0, data.length));
        else data.fill(kind === "mean" ? 0 : 1);
      } else if (name.startsWith("fc") || name.startsWith("lstm.")) {
        const random = Random.of(seed, WEIGHTS, j, number);
        const bound = name.startsWith("fc") ? 1 / Math.sqrt(shape[1]) : recurrent;
        for (let i = 0; i < data.length; i++) data[i] = random.uniform(-bound, bound);
      } else if (/^output_|\.(weight|running_var)$/.test(name)) {
        data.fill(1);
      }
      state.set(nameOf(target, name), { dtype: "f32", shape, data });
    }
  }
  return state;
}
