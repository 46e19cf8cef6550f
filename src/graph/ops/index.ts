/** All ops by name. A new op is a definition in this folder and a line here. */
import type { OpDefinition } from "../op.ts";
import { relu, sigmoid } from "./activations.ts";
import { add, mul } from "./arithmetic.ts";
import { batchNorm } from "./batchNorm.ts";
import { conv2d } from "./conv2d.ts";
import { concat, reshape, slice, transpose } from "./layout.ts";

const ops = { conv2d, batchNorm, relu, sigmoid, add, mul, concat, slice, reshape, transpose };

/** Name of an op. */
export type Op = keyof typeof ops;

/** Attributes of each op. */
export type OpAttributes = {
  readonly [K in Op]: (typeof ops)[K] extends OpDefinition<infer Attributes> ? Attributes : never;
};

/** Definition of each op. */
export const definitions: { readonly [K in Op]: OpDefinition<OpAttributes[K]> } = ops;
