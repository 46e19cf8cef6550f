/** Computes a graph slowly and plainly in float64: the oracle that tests compare the runtimes with. */
import { GraphError } from "../errors.ts";
import type { Graph, Input, Node, Value } from "./graph.ts";
import type { NumericArray } from "./op.ts";
import { definitions, type Op } from "./ops/index.ts";
import { bindShape, formatDim, formatShape } from "./shape.ts";

/**
 * Values of all outputs for the given inputs.
 *
 * @throws GraphError when an input is missing or its shape does not fit
 */
export function evaluate(
  graph: Graph,
  feeds: Readonly<Record<string, NumericArray>>,
): Record<string, NumericArray> {
  const bindings = new Map<string, number>();
  const values = new Map<Value, NumericArray>();
  for (const input of graph.inputs) {
    const fed = feeds[input.name];
    if (fed === undefined) throw new GraphError(`input "${input.name}" is missing`);
    bindInput(input, fed, bindings);
    values.set(input, fed);
  }
  for (const parameter of graph.parameters) {
    values.set(parameter, { shape: parameter.shape, data: Float64Array.from(parameter.read()) });
  }
  const resultOf = (value: Value): NumericArray => {
    const array = values.get(value);
    if (array === undefined) throw new GraphError(`"${value.name}" is used before it is made`);
    return array;
  };
  for (const node of graph.nodes) {
    values.set(node, apply(node, node.inputs.map(resultOf), bindShape(node.shape, bindings)));
  }
  return Object.fromEntries(graph.outputs.map(({ name, value }) => [name, resultOf(value)]));
}

function apply<K extends Op>(
  node: Node<K>,
  inputs: readonly NumericArray[],
  shape: readonly number[],
): NumericArray {
  return definitions[node.op].evaluate(inputs, node.attributes, shape);
}

/** Learns the values of symbols from the shape of a fed array, and checks the rest. */
function bindInput(input: Input, fed: NumericArray, bindings: Map<string, number>): void {
  const fits =
    fed.shape.length === input.shape.length &&
    input.shape.every((dim, axis) => {
      const size = fed.shape[axis];
      if (typeof dim === "number") return dim === size;
      const value = (size - dim.plus) / dim.times;
      const known = bindings.get(dim.symbol);
      if (known === undefined) bindings.set(dim.symbol, value);
      return Number.isInteger(value) && (known === undefined || known === value);
    });
  if (!fits) {
    const bound = [...bindings].map(([symbol, value]) => `${symbol} = ${formatDim(value)}`);
    throw new GraphError(
      `input "${input.name}" is ${formatShape(input.shape)}, given ${formatShape(fed.shape)}` +
        (bound.length > 0 ? ` where ${bound.join(", ")}` : ""),
    );
  }
}
