/**
 * What an op is: one definition per op holds its attributes, its shape rule, its meaning in plain
 * float64 arithmetic, its ONNX form and its gradient. Nothing else in the project knows the ops one by
 * one, except passes that are about a particular op.
 */
import type { GraphBuilder } from "./builder.ts";
import type { Value } from "./graph.ts";
import type { Dim, Shape } from "./shape.ts";

/** An array of the reference evaluator: float64, row-major. */
export interface NumericArray {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** ONNX attribute: integers, lists of integers, words, and floats (wrapped, since 1 may be either). */
export type OnnxAttribute = number | string | readonly number[] | { readonly float: number };

/** Receives the ONNX nodes of one op. */
export interface OnnxEmitter {
  /** Adds a node with one output and returns that output's name; `output` names it, if given. */
  node(
    opType: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, OnnxAttribute>>,
    output?: string,
  ): string;
  /** Adds a node with so many outputs and returns their names. */
  nodes(
    opType: string,
    inputs: readonly string[],
    outputs: number,
    attributes?: Readonly<Record<string, OnnxAttribute>>,
  ): readonly string[];
  /** Adds a constant vector of 64-bit integers and returns its name. */
  integers(values: readonly number[]): string;
  /** Adds a constant vector of float32 and returns its name. */
  floats(values: Float32Array): string;
}

/** Names and shapes of the values an op's ONNX nodes read and write. */
export interface OnnxOperands {
  readonly inputs: readonly string[];
  readonly inputShapes: readonly Shape[];
  readonly output: string;
  readonly shape: Shape;
}

/** What an op's gradient rule is given: the node, and the gradient of the loss by its output. */
export interface GradientOperands<Attributes> {
  readonly inputs: readonly Value[];
  readonly output: Value;
  readonly attributes: Attributes;
  /** Has the output's shape, or for ops that `broadcast` one that repeats to it. */
  readonly gradient: Value;
  /** Whether the gradient by the input of this number is asked for. */
  wanted(input: number): boolean;
}

/** Reports a broken rule: the caller adds the node's name and the shapes it was given. */
export type Reject = (reason: string) => never;

/** One op of the graph. All ops have exactly one output. */
export interface OpDefinition<Attributes> {
  /** Names of the inputs in order, for messages; those that end in "?" may be left out, "…" repeats. */
  readonly inputs: readonly string[];
  /** Shape of the output, or a call of `reject` naming the rule that is broken. */
  shape(inputs: readonly Shape[], attributes: Attributes, reject: Reject): Shape;
  /** The op's meaning, slowly and in float64. `shape` is the output's, with symbols replaced. */
  evaluate(
    inputs: readonly NumericArray[],
    attributes: Attributes,
    shape: readonly number[],
  ): NumericArray;
  /** Writes the op as ONNX nodes (opset 17), the last of which produces `operands.output`. */
  lower(operands: OnnxOperands, attributes: Attributes, onnx: OnnxEmitter): void;
  /**
   * Gradients of the loss by each input, built from other nodes; undefined where it is zero or not
   * wanted. Each has the shape of the input, or one that repeats to it.
   */
  gradient(
    operands: GradientOperands<Attributes>,
    builder: GraphBuilder,
  ): readonly (Value | undefined)[];
  /** Whether the gradient rule takes a gradient that merely repeats to the output's shape. */
  readonly broadcasts?: boolean;
}

/** An op without attributes. */
export type NoAttributes = Readonly<Record<string, never>>;

/** The size of a dimension that an op needs to know beforehand. */
export function knownSize(dim: Dim, what: string, reject: Reject): number {
  return typeof dim === "number" ? dim : reject(`${what} must be a known size`);
}
