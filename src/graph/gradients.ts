/**
 * Reverse-mode differentiation: from the graph of a scalar to the graph of the scalar and its gradients.
 *
 * The result is an ordinary graph, which shares the values of the one it was made from. Each op brings
 * its own rule; here they are chained, from the scalar backwards, and what several readers of a value
 * send back is added up.
 */
import { GraphError } from "../errors.ts";
import { GraphBuilder } from "./builder.ts";
import type { Graph, Node, Value } from "./graph.ts";
import { definitions, type Op } from "./ops/index.ts";
import { formatShape, sameShape } from "./shape.ts";

/** Name of the output that holds the gradient by an input or parameter. */
export function gradientName(name: string): string {
  return `gradient.${name}`;
}

/**
 * The graph with, beside its own outputs, one of name {@link gradientName} for each array of
 * `withRespectTo`: the gradient of output `of` by it, of the array's shape.
 *
 * @param of name of an output that holds one number
 * @param withRespectTo names of inputs or parameters
 * @throws GraphError when a name is unknown, `of` is no single number or does not depend on an array, or
 *   an op on the way has no gradient
 */
export function gradients(graph: Graph, of: string, withRespectTo: readonly string[]): Graph {
  const loss = graph.outputs.find(({ name }) => name === of)?.value;
  if (!loss) throw new GraphError(`there is no output "${of}" to differentiate`);
  if (!loss.shape.every((size) => size === 1)) {
    throw new GraphError(`output "${of}" is ${formatShape(loss.shape)}, not a single number`);
  }
  const leaves = [...graph.inputs, ...graph.parameters];
  const wanted = withRespectTo.map((name) => {
    const leaf = leaves.find((value) => value.name === name);
    if (!leaf) throw new GraphError(`there is no input or parameter "${name}"`);
    return leaf;
  });
  const depending = dependents(graph, wanted);
  const builder = GraphBuilder.extend(graph);
  const found = new Map<Value, Value>([[loss, builder.constant(1)]]);
  for (const node of graph.nodes.toReversed()) {
    const gradient = found.get(node);
    if (gradient === undefined || !depending.has(node)) continue;
    const parts = rule(node, node, gradient, depending, builder);
    for (const [i, part] of parts.entries()) {
      const input = node.inputs[i];
      if (part === undefined || !depending.has(input)) continue;
      const before = found.get(input);
      found.set(input, before === undefined ? part : builder.add(before, part));
    }
  }
  for (const leaf of wanted) {
    const gradient = found.get(leaf);
    if (!gradient) throw new GraphError(`output "${of}" does not depend on "${leaf.name}"`);
    builder.output(gradientName(leaf.name), shapedLike(gradient, leaf, builder));
  }
  return builder.build();
}

function rule<K extends Op>(
  node: Node<K>,
  output: Value,
  found: Value,
  depending: ReadonlySet<Value>,
  builder: GraphBuilder,
): readonly (Value | undefined)[] {
  const definition = definitions[node.op];
  const { inputs, attributes } = node;
  const gradient = definition.broadcasts ? found : shapedLike(found, output, builder);
  const wanted = (input: number) => depending.has(inputs[input]);
  return definition.gradient({ inputs, output, attributes, gradient, wanted }, builder);
}

/** A gradient may have come as something smaller, constant along some axes. */
function shapedLike(gradient: Value, value: Value, builder: GraphBuilder): Value {
  return sameShape(gradient.shape, value.shape) ? gradient : builder.expandLike(gradient, value);
}

/** Everything that depends on one of `values`, these included. */
function dependents(graph: Graph, values: readonly Value[]): ReadonlySet<Value> {
  const found = new Set<Value>(values);
  for (const node of graph.nodes) {
    if (node.inputs.some((input) => found.has(input))) found.add(node);
  }
  return found;
}
