/** Named arrays of numbers: what a weight file holds once it is read. Data is row-major and contiguous. */
import { WeightsError } from "../errors.ts";

/** Most axes of a tensor in a file. */
export const maxAxes = 32;

interface Shaped {
  /** Lengths of the axes, outermost first; empty for a single number. */
  readonly shape: readonly number[];
}

/** Floats with their shape. */
export interface F32Tensor extends Shaped {
  readonly dtype: "f32";
  /** Made anew at every reading where there are {@link halves}: read it once. */
  readonly data: Float32Array;
  /** The same values as binary16, where a file has them so. */
  readonly halves?: Uint16Array;
}

/** Doubles with their shape. */
export interface F64Tensor extends Shaped {
  readonly dtype: "f64";
  readonly data: Float64Array;
}

/** 64-bit integers with their shape. */
export interface I64Tensor extends Shaped {
  readonly dtype: "i64";
  readonly data: BigInt64Array;
}

/** 32-bit integers with their shape. */
export interface I32Tensor extends Shaped {
  readonly dtype: "i32";
  readonly data: Int32Array;
}

/** Bytes with their shape. */
export interface U8Tensor extends Shaped {
  readonly dtype: "u8";
  readonly data: Uint8Array;
}

/** Truth values with their shape. */
export interface BoolTensor extends Shaped {
  readonly dtype: "bool";
  /** One byte an element, 0 or 1. */
  readonly data: Uint8Array;
}

/** An array with its shape. Half precision is `f32` that is widened when its data are read. */
export type Tensor = F32Tensor | F64Tensor | I64Tensor | I32Tensor | U8Tensor | BoolTensor;

/** The tensors of a model by name, in the order of the file. */
export type StateDict = ReadonlyMap<string, Tensor>;

/** Number of elements of an array of this shape: the product of its axes, 1 for an empty shape. */
export function elementCount(shape: readonly number[]): number {
  if (shape.includes(0)) return 0; // Before 0 · Infinity could become NaN.
  return shape.reduce((count, length) => count * length, 1);
}

/**
 * The values of a floating-point tensor in single precision; doubles are rounded, `f32` data is not copied.
 *
 * @throws WeightsError `weights-mismatch` if `state` has no such tensor or it holds integers.
 */
export function floatData(state: StateDict, name: string): Float32Array {
  const tensor = state.get(name);
  if (tensor?.dtype === "f32") return tensor.data;
  if (tensor?.dtype === "f64") return Float32Array.from(tensor.data);
  const problem = tensor ? `holds ${tensor.dtype} where floats are needed` : "is missing";
  throw new WeightsError("weights-mismatch", `Tensor ${name} ${problem}.`);
}
