/**
 * Shapes whose dimensions may be symbolic.
 *
 * A symbolic dimension is an affine form of one symbol, `times·symbol + plus`: enough to say that a
 * valid convolution of two taps makes "frames − 1" of "frames", and to compare such dimensions.
 */
import { GraphError } from "../errors.ts";

/** `times·symbol + plus`, with `times` ≥ 1. */
export interface SymbolicDim {
  readonly symbol: string;
  readonly times: number;
  readonly plus: number;
}

/** One dimension: a known size, or an affine form of a symbol bound at run time. */
export type Dim = number | SymbolicDim;

/** Dimensions, outermost first. */
export type Shape = readonly Dim[];

/** A dimension as written by hand: a size, the name of a symbol, or a form of one. */
export type DimLike = Dim | string;

/** Turns names of symbols into dimensions. */
export function toShape(dims: readonly DimLike[]): Shape {
  return dims.map((dim) => (typeof dim === "string" ? { symbol: dim, times: 1, plus: 0 } : dim));
}

/** `dim + n`. */
export function shiftDim(dim: Dim, n: number): Dim {
  return typeof dim === "number" ? dim + n : { ...dim, plus: dim.plus + n };
}

/** `a + b`, or undefined when the two have different symbols. */
export function addDims(a: Dim, b: Dim): Dim | undefined {
  if (typeof a === "number") return shiftDim(b, a);
  if (typeof b === "number") return shiftDim(a, b);
  if (a.symbol !== b.symbol) return undefined;
  return { symbol: a.symbol, times: a.times + b.times, plus: a.plus + b.plus };
}

/** `a − b`, or undefined when that is neither a size nor an affine form of a symbol. */
export function subtractDims(a: Dim, b: Dim): Dim | undefined {
  if (typeof b === "number") return shiftDim(a, -b);
  if (typeof a === "number" || a.symbol !== b.symbol) return undefined;
  const times = a.times - b.times;
  const plus = a.plus - b.plus;
  if (times === 0) return plus;
  return times > 0 ? { symbol: a.symbol, times, plus } : undefined;
}

/** Whether two dimensions are equal for every value of their symbols. */
export function sameDim(a: Dim, b: Dim): boolean {
  if (typeof a === "number" || typeof b === "number") return a === b;
  return a.symbol === b.symbol && a.times === b.times && a.plus === b.plus;
}

/** Whether two shapes are equal for every value of their symbols. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => sameDim(dim, b[axis]));
}

/** `2*frames-1`: also the name that an ONNX model gives such a dimension. */
export function formatDim(dim: Dim): string {
  if (typeof dim === "number") return String(dim);
  const product = dim.times === 1 ? dim.symbol : `${dim.times}*${dim.symbol}`;
  return dim.plus === 0 ? product : `${product}${dim.plus > 0 ? "+" : ""}${dim.plus}`;
}

/** `[1, 28, frames-1]`. */
export function formatShape(shape: Shape): string {
  return `[${shape.map(formatDim).join(", ")}]`;
}

/** Values of symbols at run time. */
export type Bindings = ReadonlyMap<string, number>;

/**
 * The shape with its symbols replaced by numbers.
 *
 * @throws GraphError when a symbol has no value or a dimension comes out negative
 */
export function bindShape(shape: Shape, bindings: Bindings): number[] {
  return shape.map((dim) => {
    if (typeof dim === "number") return dim;
    const value = bindings.get(dim.symbol);
    if (value === undefined) throw new GraphError(`dimension "${dim.symbol}" has no value`);
    const size = dim.times * value + dim.plus;
    if (size < 0) throw new GraphError(`dimension ${formatDim(dim)} is ${size}`);
    return size;
  });
}

/** Number of elements of a fully known shape. */
export function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Whether both shapes hold the same number of elements for every value of their symbols. */
export function sameElements(a: Shape, b: Shape): boolean {
  return productOf(a) === productOf(b);
}

/** A canonical form of the product of all dimensions: the constant, then the primitive affine factors. */
function productOf(shape: Shape): string {
  let constant = 1;
  const factors: string[] = [];
  for (const dim of shape) {
    if (typeof dim === "number") {
      constant *= dim;
      continue;
    }
    const common = greatestCommonDivisor(dim.times, Math.abs(dim.plus));
    constant *= common;
    factors.push(formatDim({ ...dim, times: dim.times / common, plus: dim.plus / common }));
  }
  return [constant, ...factors.sort()].join(" ");
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
