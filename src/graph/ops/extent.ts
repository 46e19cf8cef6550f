/** Ops about the extent of arrays: sums over axes, repetition to a shape, zeros around, numbers of elements. */
import type { NoAttributes, NumericArray, OpDefinition } from "../op.ts";
import { elements, formatShape, sameDim, shiftDim } from "../shape.ts";
import { repeated } from "./arithmetic.ts";
import { checkAxis } from "./layout.ts";

export interface AxesAttributes {
  readonly axes: readonly number[];
}

/** Sum over some axes, which stay with size 1. */
export const reduceSum: OpDefinition<AxesAttributes> = {
  inputs: ["x"],

  shape([x], { axes }, reject) {
    for (const axis of axes) checkAxis(axis, x.length, reject);
    return x.map((size, axis) => (axes.includes(axis) ? 1 : size));
  },

  evaluate([x], _, shape) {
    const data = new Float64Array(elements(shape));
    const target = repeated(shape, x.shape);
    for (let i = 0; i < x.data.length; i++) data[target(i)] += x.data[i];
    return { shape, data };
  },

  lower({ inputs, output }, { axes }, onnx) {
    if (axes.length === 0) onnx.node("Identity", inputs, {}, output);
    else onnx.node("ReduceSum", [...inputs, onnx.integers(axes)], { keepdims: 1 }, output);
  },

  gradient: ({ gradient }) => [gradient],
};

/** x repeated along axes of size 1, and along missing outer axes, to the shape of `like`. */
export const expandLike: OpDefinition<NoAttributes> = {
  inputs: ["x", "like"],

  shape([x, like], _, reject) {
    const missing = like.length - x.length;
    const fits = x.every((size, axis) => size === 1 || sameDim(size, like[axis + missing]));
    if (missing < 0 || !fits) reject(`cannot be repeated to ${formatShape(like)}`);
    return like;
  },

  evaluate([x], _, shape) {
    const data = new Float64Array(elements(shape));
    const source = repeated(x.shape, shape);
    for (let i = 0; i < data.length; i++) data[i] = x.data[source(i)];
    return { shape, data };
  },

  lower({ inputs: [x, like], output, shape }, _, onnx) {
    const known = shape.every((size) => typeof size === "number");
    const size = known ? onnx.integers(shape.map(Number)) : onnx.node("Shape", [like]);
    onnx.node("Expand", [x, size], {}, output);
  },

  gradient({ inputs: [x], output, gradient }, b) {
    const missing = output.shape.length - x.shape.length;
    const axes = [...output.shape.keys()].filter(
      (axis) => axis < missing || x.shape[axis - missing] === 1,
    );
    return [b.reshape(b.reduceSum(gradient, axes), x.shape), undefined];
  },
};

export interface PadAttributes {
  readonly axis: number;
  /** Zeros before the first and after the last index. */
  readonly before: number;
  readonly after: number;
}

/** Zeros added at the ends of one axis. */
export const pad: OpDefinition<PadAttributes> = {
  inputs: ["x"],

  shape([x], { axis, before, after }, reject) {
    checkAxis(axis, x.length, reject);
    if (!(before >= 0 && after >= 0)) reject(`cannot add ${before} and ${after} zeros`);
    return x.with(axis, shiftDim(x[axis], before + after));
  },

  evaluate([x], { axis, before }, shape): NumericArray {
    const data = new Float64Array(elements(shape));
    const inner = elements(shape.slice(axis + 1));
    const rows = elements(shape.slice(0, axis));
    const row = x.shape[axis] * inner;
    for (let o = 0; o < rows; o++) {
      data.set(x.data.subarray(o * row, (o + 1) * row), (o * shape[axis] + before) * inner);
    }
    return { shape, data };
  },

  lower({ inputs, output, shape }, { axis, before, after }, onnx) {
    const pads = new Array<number>(2 * shape.length).fill(0);
    pads[axis] = before;
    pads[axis + shape.length] = after;
    onnx.node("Pad", [...inputs, onnx.integers(pads)], {}, output);
  },

  gradient({ attributes: { axis, before, after }, gradient }, b) {
    const range = after > 0 ? { axis, from: before, to: -after } : { axis, from: before };
    return [b.slice(gradient, range)];
  },
};

/** The number of elements that a sum over some axes adds, as a number. */
export const count: OpDefinition<AxesAttributes> = {
  inputs: ["x"],

  shape([x], { axes }, reject) {
    for (const axis of axes) checkAxis(axis, x.length, reject);
    return [];
  },

  evaluate([x], { axes }, shape) {
    return { shape, data: Float64Array.of(elements(axes.map((axis) => x.shape[axis]))) };
  },

  lower({ inputs, output }, { axes }, onnx) {
    const sizes = onnx.node("Gather", [onnx.node("Shape", inputs), onnx.integers(axes)]);
    const product = onnx.node("ReduceProd", [sizes], { keepdims: 0 });
    onnx.node("Cast", [product], { to: 1 }, output);
  },

  gradient: () => [undefined],
};
