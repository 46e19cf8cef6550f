/**
 * The graph: values that know where they come from.
 *
 * A value is an input, a parameter or a node, and every node has one output, so a node is its own
 * result. Nodes refer to the values they read; a `Graph` lists what its outputs need, in an order in
 * which every node follows its inputs. Nothing here is ever changed after it was made.
 */
import type { Op, OpAttributes } from "./ops/index.ts";
import type { Shape } from "./shape.ts";

/** A named array fed at run time. */
export interface Input {
  readonly kind: "input";
  readonly name: string;
  readonly shape: Shape;
}

/** A named array known when the graph is built. */
export interface Parameter {
  readonly kind: "parameter";
  readonly name: string;
  readonly shape: readonly number[];
  /**
   * The values, row-major. Made when asked for: a graph of large weights, rewritten in several
   * passes, then never holds more than one array at a time beside the source. Not to be written to.
   * @param into where they are to be made, and what is given then; of as many elements.
   */
  read(into?: Float32Array): Float32Array;
}

/** The result of one op. An interface of its own, whose members compilers may look at later: values are nodes, too. */
interface NodeOf<K extends Op> {
  readonly kind: "node";
  readonly op: K;
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly attributes: OpAttributes[K];
  readonly shape: Shape;
}

/** The result of an op. */
export type Node<K extends Op = Op> = { [P in K]: NodeOf<P> }[K];

/** Anything a node can read. */
export type Value = Input | Parameter | Node;

/** A result under the name by which it is asked for at run time. */
export interface Output {
  readonly name: string;
  readonly value: Value;
}

/** A finished graph. */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly Input[];
  /** Those that the outputs depend on. */
  readonly parameters: readonly Parameter[];
  /** Those that the outputs depend on, each after its inputs. */
  readonly nodes: readonly Node[];
  readonly outputs: readonly Output[];
}
