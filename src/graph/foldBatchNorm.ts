/** A rewriting pass: batch norms after convolutions become part of the convolutions' parameters. */
import { GraphBuilder } from "./builder.ts";
import type { Graph, Node, Parameter, Value } from "./graph.ts";
import type { Op } from "./ops/index.ts";
import { elements } from "./shape.ts";

/**
 * The same function without batch norms, as far as they can be folded.
 *
 * With s = weight/√(variance + ε), a convolution W·x + b followed by the norm is
 * (s·W)·x + s·(b − mean) + bias. The new parameters are computed in double and rounded once. A norm
 * is folded when its own operands and those of the convolution are parameters and nothing else
 * reads the convolution; others stay.
 */
export function foldBatchNorm(graph: Graph): Graph {
  const builder = new GraphBuilder(graph.name);
  const uses = countUses(graph);
  const replaced = new Map<Value, Value>();
  for (const input of graph.inputs) {
    replaced.set(input, builder.input(input.name, input.shape));
  }
  const current = (value: Value): Value => {
    const known = replaced.get(value);
    if (known !== undefined) return known;
    if (value.kind !== "parameter") return value;
    const copy = builder.parameter(value.name, value.shape, value.read);
    replaced.set(value, copy);
    return copy;
  };
  const foldable = new Map<Node, Fold>();
  for (const node of graph.nodes) {
    const fold = findFold(node, uses);
    if (fold) foldable.set(fold.conv, fold);
  }
  for (const node of graph.nodes) {
    const fold = node.op === "conv2d" ? foldable.get(node) : undefined;
    if (fold) {
      const { conv } = fold;
      const weight = builder.parameter(`${conv.name}.weight.folded`, fold.weight.shape, (into) =>
        foldedWeight(fold, into),
      );
      const bias = builder.parameter(`${conv.name}.bias.folded`, [fold.weight.shape[0]], () =>
        foldedBias(fold),
      );
      const options = { ...conv.attributes, bias, name: conv.name };
      const merged = builder.conv2d(current(conv.inputs[0]), weight, options);
      replaced.set(conv, merged);
      replaced.set(fold.norm, merged);
    } else if (!replaced.has(node)) {
      replaced.set(node, copyNode(builder, node, node.inputs.map(current)));
    }
  }
  for (const { name, value } of graph.outputs) builder.output(name, current(value));
  return builder.build();
}

/** A convolution and the norm after it, with everything the new parameters are made of. */
interface Fold {
  readonly conv: Node<"conv2d">;
  readonly norm: Node<"batchNorm">;
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;
  /** Weight, bias, mean and variance of the norm. */
  readonly operands: readonly Parameter[];
  /** s of every channel, in double. */
  readonly scales: () => Float64Array;
}

function findFold(norm: Node, uses: ReadonlyMap<Value, number>): Fold | undefined {
  if (norm.op !== "batchNorm") return undefined;
  const [conv, ...operands] = norm.inputs;
  if (conv.kind !== "node" || conv.op !== "conv2d" || uses.get(conv) !== 1) return undefined;
  const [, weight, bias] = conv.inputs;
  if (weight.kind !== "parameter" || (bias && bias.kind !== "parameter")) return undefined;
  if (!operands.every((operand) => operand.kind === "parameter")) return undefined;
  let known: Float64Array | undefined;
  const scales = () => {
    known ??= scalesOf(norm, operands);
    return known;
  };
  return { conv, norm, weight, bias, operands, scales };
}

/** s = weight/√(variance + ε) of every channel, in double. */
function scalesOf({ attributes }: Node<"batchNorm">, operands: readonly Parameter[]): Float64Array {
  const weight = operands[0].read();
  const variance = operands[3].read();
  return Float64Array.from(
    weight,
    (w, channel) => w / Math.sqrt(variance[channel] + attributes.epsilon),
  );
}

function foldedWeight(
  fold: Fold,
  folded: Float32Array = new Float32Array(elements(fold.weight.shape)),
): Float32Array {
  const scale = fold.scales();
  const perChannel = elements(fold.weight.shape.slice(1));
  fold.weight.read(folded);
  for (let channel = 0, i = 0; channel < scale.length; channel++) {
    const s = scale[channel];
    for (const end = i + perChannel; i < end; i++) folded[i] *= s;
  }
  return folded;
}

function foldedBias(fold: Fold): Float32Array {
  const bias = fold.operands[1].read();
  const mean = fold.operands[2].read();
  const before = fold.bias?.read();
  return Float32Array.from(
    fold.scales(),
    (scale, channel) => scale * ((before?.[channel] ?? 0) - mean[channel]) + bias[channel],
  );
}

function copyNode<K extends Op>(builder: GraphBuilder, node: Node<K>, inputs: Value[]): Node {
  return builder.node<Op>(node.op, inputs, node.attributes, node.name);
}

/** How often each value is read, outputs included. */
function countUses(graph: Graph): Map<Value, number> {
  const uses = new Map<Value, number>();
  const use = (value: Value) => uses.set(value, (uses.get(value) ?? 0) + 1);
  for (const node of graph.nodes) node.inputs.forEach(use);
  for (const { value } of graph.outputs) use(value);
  return uses;
}
