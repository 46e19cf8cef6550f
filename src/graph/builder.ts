/** Builds graphs, checking every shape on the way, so that a finished graph is a valid one. */
import { GraphError } from "../errors.ts";
import type { Graph, Input, Node, Output, Parameter, Value } from "./graph.ts";
import type { Conv2dAttributes } from "./ops/conv2d.ts";
import type { ConvWeightGradientAttributes } from "./ops/convWeightGradient.ts";
import type { PadAttributes } from "./ops/extent.ts";
import { definitions, type Op, type OpAttributes } from "./ops/index.ts";
import type { SliceAttributes } from "./ops/layout.ts";
import type { MatMulAttributes } from "./ops/matMul.ts";
import { type DimLike, elements, formatShape, toShape } from "./shape.ts";

/** Statistics and affine map of a batch normalisation, each [channels]. */
export interface BatchNormOperands {
  readonly weight: Value;
  readonly bias: Value;
  readonly mean: Value;
  readonly variance: Value;
}

/**
 * Collects the values of one graph.
 *
 * Every method that makes a node takes an optional name, which messages and the ONNX file show;
 * without one the op and a number serve. All throw GraphError, naming the node and the shapes,
 * when a shape rule is broken or a name is taken.
 */
export class GraphBuilder {
  readonly #name: string;
  readonly #inputs: Input[] = [];
  readonly #outputs: Output[] = [];
  readonly #names = new Set<string>();
  readonly #constants = new Map<number, Parameter>();
  #count = 0;

  constructor(name: string) {
    this.#name = name;
  }

  /** A builder that goes on from a finished graph: its values, inputs and outputs are there. */
  static extend(graph: Graph): GraphBuilder {
    const builder = new GraphBuilder(graph.name);
    for (const { name } of [...graph.inputs, ...graph.parameters, ...graph.nodes]) {
      builder.#names.add(name);
    }
    builder.#inputs.push(...graph.inputs);
    builder.#outputs.push(...graph.outputs);
    return builder;
  }

  /** Declares an array fed at run time; strings in `shape` are symbols. */
  input(name: string, shape: readonly DimLike[]): Input {
    const input: Input = { kind: "input", name: this.#claim(name), shape: toShape(shape) };
    this.#inputs.push(input);
    return input;
  }

  /** Declares an array known now, given as values or as a function that makes them when needed. */
  parameter(
    name: string,
    shape: readonly number[],
    values: Float32Array | Parameter["read"],
  ): Parameter {
    const read: Parameter["read"] = (into) => {
      const data = typeof values === "function" ? values(into) : values;
      if (data.length !== elements(shape)) {
        throw new GraphError(
          `parameter "${name}" of shape ${formatShape(shape)} has ${data.length} values`,
        );
      }
      if (into && data !== into) into.set(data);
      return into ?? data;
    };
    if (typeof values !== "function") read();
    return { kind: "parameter", name: this.#claim(name), shape: [...shape], read };
  }

  /** Adds a node of any op: the general form of the methods below. */
  node<K extends Op>(
    op: K,
    inputs: readonly Value[],
    attributes: OpAttributes[K],
    name?: string,
  ): Node<K> {
    const label = name ?? this.#free(op);
    const reject = (reason: string): never => {
      const given = inputs.map((value) => `"${value.name}" ${formatShape(value.shape)}`).join(", ");
      throw new GraphError(`${op} "${label}": ${reason} (given ${given || "nothing"})`);
    };
    const expected = definitions[op].inputs;
    const least = expected.filter((input) => !input.endsWith("?") && input !== "…").length;
    const most = expected.includes("…") ? Number.POSITIVE_INFINITY : expected.length;
    if (inputs.length < least || inputs.length > most) reject(`takes ${expected.join(", ")}`);
    const shape = definitions[op].shape(
      inputs.map((value) => value.shape),
      attributes,
      reject,
    );
    return { kind: "node", op, name: this.#claim(label), inputs: [...inputs], attributes, shape };
  }

  /** Convolution with stride 1; without `pads` only where the kernel fits. See {@link Conv2dAttributes}. */
  conv2d(
    x: Value,
    weight: Value,
    options: Partial<Conv2dAttributes> & { readonly bias?: Value; readonly name?: string } = {},
  ): Node<"conv2d"> {
    const { pads = [0, 0, 0, 0], groups = 1, dilations = [1, 1], bias, name } = options;
    const inputs = bias ? [x, weight, bias] : [x, weight];
    return this.node("conv2d", inputs, { pads, groups, dilations }, name);
  }

  /** The kernel of the adjoint convolution; see the op. */
  flipKernel(weight: Value, groups: number, name?: string): Value {
    // Twice flipped is not flipped.
    const flipped = weight.kind === "node" && weight.op === "flipKernel" ? weight : undefined;
    if (flipped && flipped.attributes.groups === groups) return flipped.inputs[0];
    return this.node("flipKernel", [weight], { groups }, name);
  }

  /** Gradient of a conv2d by its weight; see the op. */
  convWeightGradient(
    x: Value,
    dy: Value,
    attributes: ConvWeightGradientAttributes,
    name?: string,
  ): Value {
    return this.node("convWeightGradient", [x, dy], attributes, name);
  }

  /** Matrix product over the last two axes, either operand transposed if asked for. */
  matMul(a: Value, b: Value, options: Partial<MatMulAttributes> = {}, name?: string): Value {
    const { transposeA = false, transposeB = false } = options;
    return this.node("matMul", [a, b], { transposeA, transposeB }, name);
  }

  /** (x − mean)/√(variance + ε)·weight + bias per channel. */
  batchNorm(x: Value, operands: BatchNormOperands, epsilon = 1e-5, name?: string): Value {
    const { weight, bias, mean, variance } = operands;
    return this.node("batchNorm", [x, weight, bias, mean, variance], { epsilon }, name);
  }

  /** x·scale + shift per channel (axis 1); scale and shift are [channels]. */
  scaleShift(x: Value, scale: Value, shift: Value, name?: string): Value {
    return this.node("scaleShift", [x, scale, shift], {}, name);
  }

  /** max(x, 0). */
  relu(x: Value, name?: string): Value {
    return this.node("relu", [x], {}, name);
  }

  /** 1/(1 + e^−x). */
  sigmoid(x: Value, name?: string): Value {
    return this.node("sigmoid", [x], {}, name);
  }

  /** 1 where x > 0, else 0. */
  step(x: Value, name?: string): Value {
    return this.node("step", [x], {}, name);
  }

  /** √x. */
  sqrt(x: Value, name?: string): Value {
    return this.node("sqrt", [x], {}, name);
  }

  /** Natural logarithm. */
  log(x: Value, name?: string): Value {
    return this.node("log", [x], {}, name);
  }

  /** x². */
  square(x: Value, name?: string): Value {
    return this.node("square", [x], {}, name);
  }

  /** a + b with broadcast. */
  add(a: Value, b: Value, name?: string): Value {
    return this.node("add", [a, b], {}, name);
  }

  /** a · b with broadcast. */
  mul(a: Value, b: Value, name?: string): Value {
    return this.node("mul", [a, b], {}, name);
  }

  /** a − b with broadcast. */
  sub(a: Value, b: Value, name?: string): Value {
    return this.node("sub", [a, b], {}, name);
  }

  /** a / b with broadcast. */
  div(a: Value, b: Value, name?: string): Value {
    return this.node("div", [a, b], {}, name);
  }

  /** The larger of a and b, with broadcast. */
  max(a: Value, b: Value, name?: string): Value {
    return this.node("max", [a, b], {}, name);
  }

  /** A number, rounded to float32. Equal ones are shared. */
  constant(value: number): Parameter {
    const known = this.#constants.get(value);
    if (known) return known;
    const constant = this.parameter(this.#free("constant"), [], Float32Array.of(value));
    this.#constants.set(value, constant);
    return constant;
  }

  /** Sum over axes, which stay with size 1. */
  reduceSum(x: Value, axes: readonly number[], name?: string): Value {
    return this.node("reduceSum", [x], { axes }, name);
  }

  /** Mean over axes, which stay with size 1. */
  mean(x: Value, axes: readonly number[], name?: string): Value {
    const sizes = axes.map((axis) => x.shape[axis]);
    const sum = this.reduceSum(x, axes);
    if (sizes.every((size) => typeof size === "number")) {
      return this.mul(sum, this.constant(1 / elements(sizes)), name);
    }
    return this.div(sum, this.node("count", [x], { axes }), name);
  }

  /** x repeated to the shape of another array. */
  expandLike(x: Value, like: Value, name?: string): Value {
    return this.node("expandLike", [x, like], {}, name);
  }

  /** Zeros added at the ends of an axis. */
  pad(x: Value, attributes: PadAttributes, name?: string): Value {
    return this.node("pad", [x], attributes, name);
  }

  /** Arrays joined along an axis. */
  concat(parts: readonly Value[], axis: number, name?: string): Value {
    return this.node("concat", parts, { axis }, name);
  }

  /** A range of one axis. */
  slice(x: Value, range: SliceAttributes, name?: string): Value {
    return this.node("slice", [x], range, name);
  }

  /** An axis cut into parts of the given sizes. */
  split(x: Value, axis: number, sizes: readonly number[], name?: string): Value[] {
    let from = 0;
    return sizes.map((size, part) => {
      const range = { axis, from, to: from + size };
      from += size;
      return this.slice(x, range, name && `${name}.${part}`);
    });
  }

  /** The same elements under another shape. */
  reshape(x: Value, shape: readonly DimLike[], name?: string): Value {
    return this.node("reshape", [x], { shape: toShape(shape) }, name);
  }

  /** Axes in another order. */
  transpose(x: Value, order: readonly number[], name?: string): Value {
    return this.node("transpose", [x], { order }, name);
  }

  /** Asks for a value under a name. */
  output(name: string, value: Value): void {
    if (this.#outputs.some((output) => output.name === name)) {
      throw new GraphError(`there are two outputs named "${name}"`);
    }
    if (this.#inputs.some((input) => input.name === name)) {
      throw new GraphError(`output "${name}" has the name of an input`);
    }
    this.#outputs.push({ name, value });
  }

  /** The finished graph: all inputs, and of parameters and nodes those that the outputs need. */
  build(): Graph {
    const seen = new Set<Value>(this.#inputs);
    const parameters: Parameter[] = [];
    const nodes: Node[] = [];
    const visit = (value: Value): void => {
      if (seen.has(value)) return;
      seen.add(value);
      if (value.kind === "input") {
        throw new GraphError(`input "${value.name}" belongs to another graph than "${this.#name}"`);
      }
      if (value.kind === "parameter") {
        parameters.push(value);
        return;
      }
      for (const input of value.inputs) visit(input);
      nodes.push(value);
    };
    for (const { value } of this.#outputs) visit(value);
    return {
      name: this.#name,
      inputs: [...this.#inputs],
      parameters,
      nodes,
      outputs: [...this.#outputs],
    };
  }

  /** A name made of `stem` and a number that is not taken. */
  #free(stem: string): string {
    let name: string;
    do name = `${stem}${this.#count++}`;
    while (this.#names.has(name));
    return name;
  }

  #claim(name: string): string {
    if (this.#names.has(name)) throw new GraphError(`the name "${name}" is taken already`);
    this.#names.add(name);
    return name;
  }
}
