/** Writes a graph as an ONNX model (opset 17), the form in which ONNX Runtime takes it. */

import type { Field } from "../../bytes/protobuf.ts";
import type { Graph, Node, Value } from "../graph.ts";
import type { OnnxEmitter, OnnxOperands } from "../op.ts";
import { definitions, type Op } from "../ops/index.ts";
import { elements } from "../shape.ts";
import {
  encodeModel,
  floatInitializer,
  graphFields,
  inputField,
  integerInitializer,
  nodeField,
  outputField,
} from "./schema.ts";

/**
 * The bytes of an ONNX model that computes `graph`.
 *
 * Allocates exactly the model's size once; parameters are read one after the other while it is
 * filled. Inputs, outputs and symbolic dimensions keep their names.
 *
 * @param parameters "stored" inside of the model, or "fed": further inputs under their names, so that a program may
 *   keep the weights where it likes (and change them, in training) without a copy in the runtime
 */
export function writeOnnx(
  graph: Graph,
  parameters: "stored" | "fed" = "stored",
): Uint8Array<ArrayBuffer> {
  const members: Field[] = [];
  const names = new ModelNames(graph);
  for (const node of graph.nodes) {
    const operands: OnnxOperands = {
      inputs: node.inputs.map((input) => names.of(input)),
      inputShapes: node.inputs.map((input) => input.shape),
      output: names.of(node),
      shape: node.shape,
    };
    lower(node, operands, emitter(operands.output, members));
  }
  for (const { name, value } of graph.outputs) {
    if (names.of(value) !== name)
      members.push(nodeField("Identity", [names.of(value)], [name], {}));
  }
  for (const parameter of graph.parameters) {
    const { shape, read } = parameter;
    const name = names.of(parameter);
    members.push(
      parameters === "fed"
        ? inputField(name, shape)
        : floatInitializer(name, shape, elements(shape), read),
    );
  }
  members.push(...graph.inputs.map(({ name, shape }) => inputField(name, shape)));
  members.push(...graph.outputs.map(({ name, value }) => outputField(name, value.shape)));
  return encodeModel(graphFields(graph.name, members));
}

function lower<K extends Op>(node: Node<K>, operands: OnnxOperands, onnx: OnnxEmitter): void {
  definitions[node.op].lower(operands, node.attributes, onnx);
}

/** Adds the nodes and constants of one op to `members`, naming what is between after its output. */
function emitter(output: string, members: Field[]): OnnxEmitter {
  let count = 0;
  return {
    node(opType, inputs, attributes = {}, name = `${output}/${count++}`) {
      members.push(nodeField(opType, inputs, [name], attributes));
      return name;
    },
    nodes(opType, inputs, outputs, attributes = {}) {
      const names = Array.from({ length: outputs }, () => `${output}/${count++}`);
      members.push(nodeField(opType, inputs, names, attributes));
      return names;
    },
    integers(values) {
      const name = `${output}/${count++}`;
      members.push(integerInitializer(name, values));
      return name;
    },
    floats(values) {
      const name = `${output}/${count++}`;
      members.push(floatInitializer(name, [values.length], values.length, () => values));
      return name;
    },
  };
}

/** Gives every value its name in the model: that of its first output, else a free one of its own. */
class ModelNames {
  readonly #names = new Map<Value, string>();

  constructor(graph: Graph) {
    const taken = new Set(graph.outputs.map((output) => output.name));
    for (const input of graph.inputs) this.#names.set(input, input.name);
    for (const { name, value } of graph.outputs) {
      if (value.kind === "node" && !this.#names.has(value)) this.#names.set(value, name);
    }
    for (const value of [...graph.parameters, ...graph.nodes]) {
      if (this.#names.has(value)) continue;
      let name = value.name;
      while (taken.has(name)) name += "'";
      taken.add(name);
      this.#names.set(value, name);
    }
  }

  of(value: Value): string {
    return this.#names.get(value) ?? value.name;
  }
}
