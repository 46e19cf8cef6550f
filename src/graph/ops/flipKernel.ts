/** The kernel of the adjoint convolution. */
import { knownSize, type OpDefinition } from "../op.ts";

export interface FlipKernelAttributes {
  readonly groups: number;
}

/**
 * weight [groups·O, C, kh, kw] → [groups·C, O, kh, kw], both kernel axes reversed: with it a convolution,
 * fully padded, is the transposed one. Its own inverse.
 */
export const flipKernel: OpDefinition<FlipKernelAttributes> = {
  inputs: ["weight"],

  shape([weight], { groups }, reject) {
    if (weight.length !== 4) reject("weight must have 4 axes [out, in/groups, height, width]");
    const [out, channels, height, width] = weight.map((dim) =>
      knownSize(dim, "every axis of weight", reject),
    );
    if (out % groups !== 0) reject(`${out} output channels do not split into ${groups} groups`);
    return [groups * channels, out / groups, height, width];
  },

  evaluate([weight], { groups }, shape) {
    const [inner, outer] = [shape[0] / groups, shape[1]];
    const taps = shape[2] * shape[3];
    const data = new Float64Array(weight.data.length);
    for (let i = 0; i < data.length; i++) {
      const tap = taps - 1 - (i % taps);
      const o = Math.floor(i / taps) % outer;
      const c = Math.floor(i / taps / outer) % inner;
      const group = Math.floor(i / taps / outer / inner);
      data[i] = weight.data[((group * outer + o) * inner + c) * taps + tap];
    }
    return { shape, data };
  },

  lower({ inputs, output, shape }, { groups }, onnx) {
    const [in_, out, height, width] = shape.map(Number);
    const [inner, taps] = [in_ / groups, height * width];
    const split = onnx.node("Reshape", [inputs[0], onnx.integers([groups, out, inner, taps])]);
    const target = onnx.integers([...shape.map(Number)]);
    if (taps === 1) {
      const turned = onnx.node("Transpose", [split], { perm: [0, 2, 1, 3] });
      onnx.node("Reshape", [turned, target], {}, output);
      return;
    }
    // The taps are reversed while they lie outside, where long rows are moved.
    const outside = onnx.node("Transpose", [split], { perm: [0, 3, 2, 1] });
    const range = [[-1], [-taps - 1], [1], [-1]].map((values) => onnx.integers(values));
    const reversed = onnx.node("Slice", [outside, ...range]);
    const inside = onnx.node("Transpose", [reversed], { perm: [0, 2, 3, 1] });
    onnx.node("Reshape", [inside, target], {}, output);
  },

  gradient: ({ attributes: { groups }, gradient }, b) => [b.flipKernel(gradient, groups)],
};
