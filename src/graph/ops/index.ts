/** All ops by name. A new op is a definition in this folder and a line here. */
import type { OpDefinition } from "../op.ts";
import { log, relu, sigmoid, sqrt, square, step, tanh } from "./activations.ts";
import { add, div, max, mul, sub } from "./arithmetic.ts";
import { batchNorm, scaleShift } from "./batchNorm.ts";
import { conv2d } from "./conv2d.ts";
import { convWeightGradient } from "./convWeightGradient.ts";
import { count, expandLike, pad, reduceSum } from "./extent.ts";
import { flipKernel } from "./flipKernel.ts";
import { concat, reshape, slice, transpose } from "./layout.ts";
import { lstm } from "./lstm.ts";
import { matMul } from "./matMul.ts";

const ops = {
  conv2d,
  convWeightGradient,
  flipKernel,
  matMul,
  lstm,
  batchNorm,
  scaleShift,
  relu,
  step,
  sigmoid,
  tanh,
  sqrt,
  log,
  square,
  add,
  sub,
  mul,
  div,
  max,
  reduceSum,
  count,
  expandLike,
  concat,
  slice,
  pad,
  reshape,
  transpose,
};

/** Name of an op. */
export type Op = keyof typeof ops;

/** Attributes of each op. */
export type OpAttributes = {
  readonly [K in Op]: (typeof ops)[K] extends OpDefinition<infer Attributes> ? Attributes : never;
};

/** Definition of each op. */
export const definitions: { readonly [K in Op]: OpDefinition<OpAttributes[K]> } = ops;
