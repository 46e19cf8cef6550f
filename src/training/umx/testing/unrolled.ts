/**
 * Open-Unmix's and X-UMX's training as one graph with every step of the recurrent layers unrolled: the oracle of gradients,
 * evaluated in double, and what the kernels' speed is compared with.
 */
import { type Graph, GraphBuilder, gradients, type Value } from "../../../graph/index.ts";
import { lstmEnd, targetShapes, type UmxArchitecture, units } from "../../../networks/umx/index.ts";
import type { SequenceSize } from "../lstmKernels.ts";

type Named = (name: string) => Value;

/** One direction of a layer: x [steps·items, inputs] → [steps·items, units]. `tensor` gives the layer's four tensors. */
export function unrolledLstm(
  b: GraphBuilder,
  x: Value,
  tensor: Named,
  { steps, items, units }: SequenceSize,
  reverse: boolean,
): Value {
  const bias = b.add(tensor("bias_ih"), tensor("bias_hh"));
  const row = b.reshape(bias, [1, 4 * units]);
  const inputs = b.add(b.matMul(x, tensor("weight_ih"), { transposeB: true }), row);
  const outputs: Value[] = [];
  let hidden: Value | undefined;
  let cell: Value | undefined;
  for (let step = 0; step < steps; step++) {
    const t = reverse ? steps - 1 - step : step;
    const own = b.slice(inputs, { axis: 0, from: t * items, to: (t + 1) * items });
    const sums = hidden
      ? b.add(own, b.matMul(hidden, tensor("weight_hh"), { transposeB: true }))
      : own;
    const [i, f, n, o] = b.split(sums, 1, [units, units, units, units]);
    const fresh = b.mul(b.sigmoid(i), b.tanh(n));
    cell = cell ? b.add(b.mul(b.sigmoid(f), cell), fresh) : fresh;
    hidden = b.mul(b.sigmoid(o), b.tanh(cell));
    outputs[t] = hidden;
  }
  return b.concat(outputs, 0);
}

/** Batch norm by the batch's own statistics. */
function norm(b: GraphBuilder, x: Value, tensor: Named, name: string): Value {
  const width = Number(x.shape[1]);
  const centred = b.sub(x, b.mean(x, [0]));
  const variance = b.mean(b.square(centred), [0]);
  const deviation = b.sqrt(b.add(variance, b.constant(1e-5)));
  const [weight, bias] = ["weight", "bias"].map((field) =>
    b.reshape(tensor(`${name}.${field}`), [1, width]),
  );
  return b.add(b.mul(b.div(centred, deviation), weight), bias);
}

/** Names of what is trained of a target's tensors. */
export function trainedNames(architecture: UmxArchitecture): string[] {
  return [...targetShapes(architecture).keys()].filter((name) => !/running_|tracked/.test(name));
}

/**
 * The loss of magnitudes of all targets, "loss", and its gradients by all trained tensors, inputs "<target>.<name>". Fed are
 * "lower" [rows, channels·maxBin], "mixture" and "stem.<target>" [rows, channels·bins].
 */
export function unrolledTraining(
  architecture: UmxArchitecture,
  targets: readonly string[],
  bridged: boolean,
  { steps, items }: Pick<SequenceSize, "steps" | "items">,
): Graph {
  const { channels, bins, maxBin, layers, directions } = architecture;
  const b = new GraphBuilder("unrolled");
  const rows = steps * items;
  const lower = b.input("lower", [rows, channels * maxBin]);
  const mixture = b.input("mixture", [rows, channels * bins]);
  const shapes = targetShapes(architecture);
  const trained = trainedNames(architecture);
  const inputs = new Map<string, Value>();
  for (const target of targets) {
    for (const name of trained) {
      const full = `${target}.${name}`;
      inputs.set(full, b.input(full, shapes.get(name) ?? []));
    }
  }
  const of =
    (target: string): Named =>
    (name) => {
      const value = inputs.get(`${target}.${name}`);
      if (!value) throw new Error(`no input ${target}.${name}`);
      return value;
    };
  const mean = (values: readonly Value[]) =>
    b.mul(
      values.reduce((sum, value) => b.add(sum, value)),
      b.constant(1 / values.length),
    );
  const perBin = (value: Value, size: number) => b.reshape(value, [1, 1, size]);
  const encoded = targets.map((target) => {
    const tensor = of(target);
    const cut = b.reshape(lower, [rows, channels, maxBin]);
    const shifted = b.add(cut, perBin(tensor("input_mean"), maxBin));
    const scaled = b.mul(shifted, perBin(tensor("input_scale"), maxBin));
    const flat = b.reshape(scaled, [rows, channels * maxBin]);
    const sums = b.matMul(flat, tensor("fc1.weight"), { transposeB: true });
    return b.tanh(norm(b, sums, tensor, "bn1"));
  });
  const shared = mean(encoded);
  const memories = targets.map((target, j) => {
    let value = bridged ? shared : encoded[j];
    for (let layer = 0; layer < layers; layer++) {
      const halves = directions.map((direction) => {
        const tensor: Named = (name) => of(target)(`lstm.${name}_${lstmEnd(layer, direction)}`);
        const size = { steps, items, units: units(architecture) };
        return unrolledLstm(b, value, tensor, size, direction === "reverse");
      });
      value = b.concat(halves, 1);
    }
    return value;
  });
  const memory = mean(memories);
  const errors = targets.map((target, j) => {
    const tensor = of(target);
    const both = bridged ? [shared, memory] : [encoded[j], memories[j]];
    const inner = b.matMul(b.concat(both, 1), tensor("fc2.weight"), { transposeB: true });
    const bent = b.relu(norm(b, inner, tensor, "bn2"));
    const outer = b.matMul(bent, tensor("fc3.weight"), { transposeB: true });
    const out = b.reshape(norm(b, outer, tensor, "bn3"), [rows, channels, bins]);
    const scaled = b.mul(out, perBin(tensor("output_scale"), bins));
    const mask = b.relu(b.add(scaled, perBin(tensor("output_mean"), bins)));
    const estimate = b.mul(b.reshape(mask, [rows, channels * bins]), mixture);
    return b.sub(estimate, b.input(`stem.${target}`, [rows, channels * bins]));
  });
  const total = (value: Value) => b.reshape(b.reduceSum(b.square(value), [0, 1]), []);
  const sum = (values: readonly Value[]) => values.reduce((a, value) => b.add(a, value));
  const count = targets.length;
  // Over combinations one by one, as the definition has it.
  const sets = bridged ? Array.from({ length: 2 ** count - 2 }, (_, i) => i + 1) : [];
  const losses = bridged
    ? sets.map((set) => total(sum(errors.filter((_, j) => (set >> j) & 1))))
    : errors.map(total);
  const share = 1 / ((bridged ? sets.length : 1) * rows * channels * bins);
  b.output("loss", b.mul(sum(losses), b.constant(share)));
  return gradients(b.build(), "loss", [...inputs.keys()]);
}
