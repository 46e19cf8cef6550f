/** Do these weights fit? Compares a state dict with the names and shapes that a network expects. */
import { quoted } from "../bytes/quoted.ts";
import { WeightsError } from "../errors.ts";
import { areFiniteHalves } from "./halfFloat.ts";
import type { StateDict, Tensor } from "./tensor.ts";

const listed = 10;

/**
 * Returns if `state` has exactly the tensors of `expected`, each of its shape.
 *
 * Names for which `ignore` answers true may be present unasked.
 *
 * @throws WeightsError `weights-mismatch`, counting and naming the first ten of the missing, unexpected and
 * misshapen tensors.
 */
export function checkState(
  state: StateDict,
  expected: ReadonlyMap<string, readonly number[]>,
  ignore: (name: string) => boolean = () => false,
): void {
  const missing: string[] = [];
  const misshapen: string[] = [];
  for (const [name, shape] of expected) {
    const tensor = state.get(name);
    if (!tensor) missing.push(quoted(name));
    else if (!isSame(tensor.shape, shape)) {
      misshapen.push(`${quoted(name)} is [${tensor.shape}] instead of [${shape}]`);
    }
  }
  const extra = [...state.keys()]
    .filter((name) => !expected.has(name) && !ignore(name))
    .map((name) => quoted(name));
  const problems = [
    ...summary(missing, "missing"),
    ...summary(extra, "not expected"),
    ...summary(misshapen, "of another shape"),
  ];
  if (problems.length === 0) return;
  throw new WeightsError(
    "weights-mismatch",
    `The weights do not fit the network. ${problems.join(" ")}`,
    "Check that the configuration beside the weights belongs to them.",
  );
}

/**
 * The state, if all its floats are finite.
 * @throws WeightsError `weights-corrupt`, naming the first tensor with NaN or infinity.
 */
export function checkFinite(state: StateDict): StateDict {
  for (const [name, tensor] of state) {
    if (!isFiniteTensor(tensor)) {
      throw new WeightsError(
        "weights-corrupt",
        `Tensor ${quoted(name)} has values that are not finite.`,
        "Get the file again; if it was trained so, the training diverged.",
      );
    }
  }
  return state;
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

function isFiniteTensor(tensor: Tensor): boolean {
  const { dtype } = tensor;
  if (dtype !== "f32" && dtype !== "f64") return true;
  if (dtype === "f32" && tensor.halves) return areFiniteHalves(tensor.halves);
  const { data } = tensor;
  // Zero times a value is NaN for what is not finite, and so is the sum.
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i] * 0;
  return sum === 0;
}

function summary(names: readonly string[], what: string): string[] {
  if (names.length === 0) return [];
  const more = names.length > listed ? `, and ${names.length - listed} more` : "";
  const tensors = names.length === 1 ? "1 tensor is" : `${names.length} tensors are`;
  return [`${tensors} ${what}: ${names.slice(0, listed).join(", ")}${more}.`];
}
