/** Ops that move elements without changing them: concat, slice, reshape, transpose. */
import { GraphError } from "../../errors.ts";
import type { OpDefinition, Reject } from "../op.ts";
import {
  addDims,
  type Dim,
  elements,
  formatDim,
  formatShape,
  type Shape,
  sameDim,
  sameElements,
  shiftDim,
  subtractDims,
} from "../shape.ts";

export function checkAxis(axis: number, rank: number, reject: Reject): void {
  if (!Number.isInteger(axis) || axis < 0 || axis >= rank) {
    reject(`axis ${axis} is outside of 0..${rank - 1}`);
  }
}

/** Arrays joined along `axis`; all other dimensions equal. */
export const concat: OpDefinition<{ readonly axis: number }> = {
  inputs: ["x", "…"],

  shape(inputs, { axis }, reject) {
    const [first] = inputs;
    checkAxis(axis, first.length, reject);
    let joined: Dim = 0;
    for (const shape of inputs) {
      const fits =
        shape.length === first.length &&
        shape.every((dim, at) => at === axis || sameDim(dim, first[at]));
      if (!fits)
        reject(`${formatShape(shape)} and ${formatShape(first)} differ beside axis ${axis}`);
      const sum = addDims(joined, shape[axis]);
      if (sum === undefined) {
        return reject(
          `cannot add ${formatDim(joined)} and ${formatDim(shape[axis])} on axis ${axis}`,
        );
      }
      joined = sum;
    }
    return first.with(axis, joined);
  },

  evaluate(inputs, { axis }, shape) {
    const data = new Float64Array(elements(shape));
    const outer = elements(shape.slice(0, axis));
    const row = elements(shape.slice(axis));
    let column = 0;
    for (const input of inputs) {
      const part = elements(input.shape.slice(axis));
      for (let o = 0; o < outer; o++) {
        data.set(input.data.subarray(o * part, (o + 1) * part), o * row + column);
      }
      column += part;
    }
    return { shape, data };
  },

  lower({ inputs, output }, { axis }, onnx) {
    onnx.node("Concat", inputs, { axis }, output);
  },

  gradient({ inputs, attributes: { axis }, gradient, wanted }, b) {
    const sizes = inputs.map(({ shape }) => shape[axis]);
    return sizes.map((size, i) => {
      if (!wanted(i)) return undefined;
      // Parts are counted from the start, or, after one of open size, from the end.
      const before = knownSum(sizes.slice(0, i));
      const after = knownSum(sizes.slice(i + 1));
      if (before !== undefined && typeof size === "number") {
        return b.slice(gradient, { axis, from: before, to: before + size });
      }
      if (after === undefined || (before === undefined && typeof size !== "number")) {
        throw new GraphError(`a concat of several open sizes on axis ${axis} has no gradient`);
      }
      const from = before ?? -(after + Number(size));
      return b.slice(gradient, after > 0 ? { axis, from, to: -after } : { axis, from });
    });
  },
};

function knownSum(sizes: readonly Dim[]): number | undefined {
  let sum = 0;
  for (const size of sizes) {
    if (typeof size !== "number") return undefined;
    sum += size;
  }
  return sum;
}

export interface SliceAttributes {
  readonly axis: number;
  /** First index kept, counted from the end when negative. */
  readonly from: number;
  /** Index after the last kept, counted from the end when negative; all that follows when left out. */
  readonly to?: number;
}

/** A range of indices of one axis. */
export const slice: OpDefinition<SliceAttributes> = {
  inputs: ["x"],

  shape([x], { axis, from, to }, reject) {
    checkAxis(axis, x.length, reject);
    if (!Number.isInteger(from)) reject(`from must be an integer, not ${from}`);
    const size = x[axis];
    const begin = from < 0 ? shiftDim(size, from) : from;
    if (typeof begin === "number" && begin < 0) reject(`index ${from} lies before axis ${axis}`);
    const end = to === undefined ? size : to < 0 ? shiftDim(size, to) : to;
    if (typeof end === "number" && typeof size === "number" && end > size) {
      reject(`index ${end} lies after the end of axis ${axis}`);
    }
    const kept = subtractDims(end, begin) ?? reject(`the length kept of axis ${axis} is open`);
    if (typeof kept === "number" && kept < 1) reject(`nothing is left of axis ${axis}`);
    return x.with(axis, kept);
  },

  evaluate([x], { axis, from }, shape) {
    const data = new Float64Array(elements(shape));
    const outer = elements(shape.slice(0, axis));
    const inner = elements(shape.slice(axis + 1));
    const row = shape[axis] * inner;
    const begin = from < 0 ? x.shape[axis] + from : from;
    for (let o = 0; o < outer; o++) {
      const start = (o * x.shape[axis] + begin) * inner;
      data.set(x.data.subarray(start, start + row), o * row);
    }
    return { shape, data };
  },

  lower({ inputs, output }, { axis, from, to }, onnx) {
    const last = 2 ** 31 - 1;
    const range = [[from], [to ?? last], [axis]].map((values) => onnx.integers(values));
    onnx.node("Slice", [...inputs, ...range], {}, output);
  },

  gradient({ inputs: [x], attributes: { axis, from, to }, gradient }, b) {
    const size = x.shape[axis];
    const known = typeof size === "number" ? size : undefined;
    const before = from >= 0 ? from : known && known + from;
    const after = to === undefined ? 0 : to < 0 ? -to : known && known - to;
    if (before === undefined || after === undefined) {
      throw new GraphError(`a slice of axis ${axis} at a place counted from afar has no gradient`);
    }
    return [b.pad(gradient, { axis, before, after })];
  },
};

/** The same elements in row-major order under another shape. */
export const reshape: OpDefinition<{ readonly shape: Shape }> = {
  inputs: ["x"],

  shape([x], { shape }, reject) {
    if (!sameElements(x, shape)) reject(`cannot become ${formatShape(shape)}`);
    if (onnxShape(x, shape).filter((size) => size === -1).length > 1) {
      reject(`${formatShape(shape)} moves more than one symbolic dimension`);
    }
    return shape;
  },

  evaluate: ([x], _, shape) => ({ shape, data: x.data }),

  lower({ inputs, inputShapes, output }, { shape }, onnx) {
    onnx.node("Reshape", [...inputs, onnx.integers(onnxShape(inputShapes[0], shape))], {}, output);
  },

  gradient: ({ inputs: [x], gradient }, b) => [b.reshape(gradient, x.shape)],
};

/** ONNX's form of a new shape: 0 keeps the dimension found at the same place, −1 is worked out. */
function onnxShape(from: Shape, to: Shape): number[] {
  return to.map((dim, axis) => {
    if (typeof dim === "number") return dim;
    return axis < from.length && sameDim(dim, from[axis]) ? 0 : -1;
  });
}

/** Axes in another order: axis `i` of the result is axis `order[i]` of x. */
export const transpose: OpDefinition<{ readonly order: readonly number[] }> = {
  inputs: ["x"],

  shape([x], { order }, reject) {
    const isPermutation = x.every((_, axis) => order.includes(axis)) && order.length === x.length;
    if (!isPermutation) reject(`[${order.join(", ")}] is no order of ${x.length} axes`);
    return order.map((axis) => x[axis]);
  },

  evaluate([x], { order }, shape) {
    const strides = order.map((axis) => elements(x.shape.slice(axis + 1)));
    const data = new Float64Array(x.data.length);
    for (let i = 0; i < data.length; i++) {
      let rest = i;
      let source = 0;
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        source += (rest % shape[axis]) * strides[axis];
        rest = Math.floor(rest / shape[axis]);
      }
      data[i] = x.data[source];
    }
    return { shape, data };
  },

  lower({ inputs, output }, { order }, onnx) {
    onnx.node("Transpose", inputs, { perm: order }, output);
  },

  gradient({ attributes: { order }, gradient }, b) {
    return [
      b.transpose(
        gradient,
        order.map((_, axis) => order.indexOf(axis)),
      ),
    ];
  },
};
