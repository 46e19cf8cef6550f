/** The gradient of a convolution by its kernel, as one matrix product over all positions. */
import { knownSize, type OnnxEmitter, type OpDefinition } from "../op.ts";
import { elements, type Shape, sameDim, shiftDim } from "../shape.ts";
import type { Conv2dAttributes } from "./conv2d.ts";

export interface ConvWeightGradientAttributes extends Conv2dAttributes {
  /** Height and width of the kernel. */
  readonly kernel: readonly [number, number];
}

/** x and the gradient dy by a conv2d of x → gradient by the weight, [O, C/groups, kh, kw]. */
export const convWeightGradient: OpDefinition<ConvWeightGradientAttributes> = {
  inputs: ["x", "dy"],

  shape([x, dy], { pads, groups, dilations, kernel }, reject) {
    if (x.length !== 4 || dy.length !== 4) reject("x and dy must have 4 axes");
    const channels = knownSize(x[1], "the number of channels", reject);
    const out = knownSize(dy[1], "the number of channels", reject);
    if (channels % groups !== 0 || out % groups !== 0) reject(`there are ${groups} groups`);
    for (const axis of [0, 1]) {
      const size = pads[axis] + pads[axis + 2] - dilations[axis] * (kernel[axis] - 1);
      if (!sameDim(shiftDim(x[axis + 2], size), dy[axis + 2])) reject("dy does not fit x");
    }
    return [out, channels / groups, ...kernel];
  },

  evaluate([x, dy], { pads, groups, dilations }, shape) {
    const [out, perGroup, height, width] = shape;
    const [, channels, inHeight, inWidth] = x.shape;
    const [batch, , outHeight, outWidth] = dy.shape;
    const data = new Float64Array(elements(shape));
    for (let i = 0; i < data.length; i++) {
      const b = i % width;
      const a = Math.floor(i / width) % height;
      const c = Math.floor(i / width / height) % perGroup;
      const o = Math.floor(i / width / height / perGroup);
      const channel = Math.floor(o / (out / groups)) * perGroup + c;
      for (let n = 0; n < batch; n++) {
        for (let f = 0; f < outHeight; f++) {
          const row = f + a * dilations[0] - pads[0];
          if (row < 0 || row >= inHeight) continue;
          for (let t = 0; t < outWidth; t++) {
            const column = t + b * dilations[1] - pads[1];
            if (column < 0 || column >= inWidth) continue;
            data[i] +=
              dy.data[((n * out + o) * outHeight + f) * outWidth + t] *
              x.data[((n * channels + channel) * inHeight + row) * inWidth + column];
          }
        }
      }
    }
    return { shape, data };
  },

  // Shifted copies along one axis lie one after another as rows of one matrix, those along the other
  // as rows of the other, so that a single large product makes all taps: [ta·O, P]·[tb·C, P]ᵀ over P
  // positions. Along the width, copies are cut from the longer of x and dy: nothing is multiplied by
  // zeros there.
  lower({ inputs: [x, dy], inputShapes, output, shape }, attributes, onnx) {
    const { groups, kernel } = attributes;
    const out = Number(shape[0]) / groups;
    const perGroup = Number(shape[1]);
    const [height, width] = kernelAxes(attributes, sameDim(inputShapes[0][0], 1) ? 2 : 3);
    const ofX = grouped(x, inputShapes[0], groups, onnx);
    const ofDy = grouped(dy, inputShapes[1], groups, onnx);
    const full = width.taps > 1 && width.before === width.reach && width.after === width.reach;
    const left = full ? shiftedDy(ofDy, width, onnx) : shiftedDy(ofDy, height, onnx);
    const right = full ? shiftedX(ofX, height, onnx) : shiftedX(ofX, width, onnx);
    const [leftTaps, rightTaps] = full ? [kernel[1], kernel[0]] : kernel;
    const rows = (value: string, count: number) =>
      onnx.node("Reshape", [value, onnx.integers([groups, count, -1])]);
    const turned = onnx.node("Transpose", [rows(right, rightTaps * perGroup)], { perm: [0, 2, 1] });
    const product = onnx.node("MatMul", [rows(left, leftTaps * out), turned]);
    const parts = onnx.integers([groups, leftTaps, out, rightTaps, perGroup]);
    const perm = full ? [0, 2, 4, 3, 1] : [0, 2, 4, 1, 3];
    const ordered = onnx.node("Transpose", [onnx.node("Reshape", [product, parts])], { perm });
    onnx.node("Reshape", [ordered, onnx.integers(shape.map(Number))], {}, output);
  },

  gradient({ inputs: [x, dy], attributes, gradient, wanted }, b) {
    const { pads, groups, dilations, kernel } = attributes;
    const full = pads.map((size, side) => dilations[side % 2] * (kernel[side % 2] - 1) - size);
    return [
      wanted(0)
        ? b.conv2d(dy, b.flipKernel(gradient, groups), {
            pads: [full[0], full[1], full[2], full[3]],
            groups,
            dilations,
          })
        : undefined,
      wanted(1) ? b.conv2d(x, gradient, { pads, groups, dilations }) : undefined,
    ];
  },
};

/** One axis of the kernel. */
interface KernelAxis {
  readonly axis: number;
  /** Axes of the array it is one of. */
  readonly rank: number;
  readonly taps: number;
  readonly dilation: number;
  /** Distance of the first and the last tap. */
  readonly reach: number;
  /** Zeros around x. */
  readonly before: number;
  readonly after: number;
}

function kernelAxes(
  { pads, dilations, kernel }: ConvWeightGradientAttributes,
  first: number,
): KernelAxis[] {
  return kernel.map((taps, i) => ({
    axis: first + i,
    rank: first + 2,
    taps,
    dilation: dilations[i],
    reach: dilations[i] * (taps - 1),
    before: pads[i],
    after: pads[i + 2],
  }));
}

/** [N, G·C, H, W] as [G, C, H, W] for N = 1, else as [G, C, N, H, W]. */
function grouped(x: string, shape: Shape, groups: number, onnx: OnnxEmitter): string {
  const split = [groups, Number(shape[1]) / groups];
  if (sameDim(shape[0], 1)) return onnx.node("Reshape", [x, onnx.integers([...split, 0, 0])]);
  const turned = onnx.node("Transpose", [x], { perm: [1, 0, 2, 3] });
  const range = [[1], [4], [0]].map((values) => onnx.integers(values));
  const rest = onnx.node("Slice", [onnx.node("Shape", [turned]), ...range]);
  const target = onnx.node("Concat", [onnx.integers(split), rest], { axis: 0 });
  return onnx.node("Reshape", [turned, target]);
}

/** For every tap, what x holds there at each position of dy: [G, taps·C, …]. */
function shiftedX(x: string, along: KernelAxis, onnx: OnnxEmitter): string {
  const { axis, taps, dilation, reach, before, after } = along;
  const padded = zeros(x, along, [before, after], onnx);
  const copies = Array.from({ length: taps }, (_, tap) =>
    cut(padded, axis, tap * dilation, reach - tap * dilation, onnx),
  );
  return joined(copies, onnx);
}

/** For every tap, what dy holds at the position to which the tap takes each position of x. */
function shiftedDy(dy: string, along: KernelAxis, onnx: OnnxEmitter): string {
  const { axis, taps, dilation, reach, before, after } = along;
  const [left, right] = [Math.max(0, reach - before), Math.max(0, reach - after)];
  const padded = zeros(dy, along, [left, right], onnx);
  const copies = Array.from({ length: taps }, (_, tap) => {
    const from = left + before - tap * dilation;
    return cut(padded, axis, from, right + after - reach + tap * dilation, onnx);
  });
  return joined(copies, onnx);
}

function joined(copies: readonly string[], onnx: OnnxEmitter): string {
  return copies.length === 1 ? copies[0] : onnx.node("Concat", copies, { axis: 1 });
}

/** Without the first `from` and the last `after` indices. */
function cut(x: string, axis: number, from: number, after: number, onnx: OnnxEmitter): string {
  if (from === 0 && after === 0) return x;
  const to = after === 0 ? 2 ** 31 - 1 : -after;
  const range = [[from], [to], [axis]].map((values) => onnx.integers(values));
  return onnx.node("Slice", [x, ...range]);
}

/** With zeros added at both ends of the axis. */
function zeros(x: string, along: KernelAxis, ends: readonly [number, number], onnx: OnnxEmitter) {
  if (ends[0] === 0 && ends[1] === 0) return x;
  const pads = new Array<number>(2 * along.rank).fill(0);
  pads[along.axis] = ends[0];
  pads[along.axis + along.rank] = ends[1];
  return onnx.node("Pad", [x, onnx.integers(pads)]);
}
