/** Two-dimensional convolution (cross-correlation, stride 1) with groups, padding, dilation and an optional bias. */
import { knownSize, type NumericArray, type OpDefinition } from "../op.ts";
import { elements, sameShape, shiftDim } from "../shape.ts";

export interface Conv2dAttributes {
  /** Zeros added [top, left, bottom, right]: first axis 2 (frequency), then axis 3 (time). */
  readonly pads: readonly [number, number, number, number];
  /** Output channels are split evenly over this many groups, each reading its own input channels. */
  readonly groups: number;
  /** Distance of neighbouring kernel taps in the input, along axis 2 and axis 3. */
  readonly dilations: readonly [number, number];
}

/** x [N, C, H, W], weight [O, C/groups, kh, kw], bias [O] → [N, O, H+t+b−dh(kh−1), W+l+r−dw(kw−1)]. */
export const conv2d: OpDefinition<Conv2dAttributes> = {
  inputs: ["x", "weight", "bias?"],

  shape([x, weight, bias], { pads, groups, dilations }, reject) {
    if (x.length !== 4) reject("x must have 4 axes [batch, channels, height, width]");
    if (weight.length !== 4) reject("weight must have 4 axes [out, in/groups, height, width]");
    const [out, inPerGroup, kernelHeight, kernelWidth] = weight.map((dim) =>
      knownSize(dim, "every axis of weight", reject),
    );
    const channels = knownSize(x[1], "the number of channels", reject);
    if (channels !== inPerGroup * groups) {
      reject(`x has ${channels} channels, weight reads ${groups} groups of ${inPerGroup}`);
    }
    if (out % groups !== 0) reject(`${out} output channels do not split into ${groups} groups`);
    if (bias !== undefined && !sameShape(bias, [out])) reject(`bias must be [${out}]`);
    const height = shiftDim(x[2], pads[0] + pads[2] - dilations[0] * (kernelHeight - 1));
    const width = shiftDim(x[3], pads[1] + pads[3] - dilations[1] * (kernelWidth - 1));
    for (const size of [height, width]) {
      if (typeof size === "number" && size < 1)
        reject("the kernel is larger than the padded input");
    }
    return [x[0], out, height, width];
  },

  evaluate([x, weight, bias], { pads, groups, dilations }, shape) {
    const [batch, out, height, width] = shape;
    const [, inPerGroup, kernelHeight, kernelWidth] = weight.shape;
    const [, channels, inHeight, inWidth] = x.shape;
    const data = new Float64Array(elements(shape));
    for (let n = 0; n < batch; n++) {
      for (let o = 0; o < out; o++) {
        const plane = (n * out + o) * height * width;
        if (bias) data.fill(bias.data[o], plane, plane + height * width);
        const firstChannel = Math.floor(o / (out / groups)) * inPerGroup;
        for (let c = 0; c < inPerGroup; c++) {
          for (let a = 0; a < kernelHeight; a++) {
            for (let b = 0; b < kernelWidth; b++) {
              const tap = weight.data[((o * inPerGroup + c) * kernelHeight + a) * kernelWidth + b];
              for (let i = 0; i < height; i++) {
                const row = i + a * dilations[0] - pads[0];
                if (row < 0 || row >= inHeight) continue;
                const source = ((n * channels + firstChannel + c) * inHeight + row) * inWidth;
                const shift = b * dilations[1] - pads[1];
                const end = Math.min(width, inWidth - shift);
                for (let j = Math.max(0, -shift); j < end; j++) {
                  data[plane + i * width + j] += tap * x.data[source + j + shift];
                }
              }
            }
          }
        }
      }
    }
    return { shape, data } satisfies NumericArray;
  },

  lower({ inputs, inputShapes, output }, { pads, groups, dilations }, onnx) {
    const kernel = inputShapes[1].slice(2).map(Number);
    const attributes = { pads, group: groups, dilations, kernel_shape: kernel };
    onnx.node("Conv", inputs, attributes, output);
  },

  gradient({ inputs: [x, weight], attributes, gradient, wanted }, b) {
    const { pads, groups, dilations } = attributes;
    const kernel = weight.shape.slice(2).map(Number);
    const reach = kernel.map((size, axis) => dilations[axis] * (size - 1));
    const full = pads.map((size, side) => reach[side % 2] - size);
    return [
      wanted(0)
        ? b.conv2d(gradient, b.flipKernel(weight, groups), {
            pads: [full[0], full[1], full[2], full[3]],
            groups,
            dilations,
          })
        : undefined,
      wanted(1)
        ? b.convWeightGradient(x, gradient, { ...attributes, kernel: [kernel[0], kernel[1]] })
        : undefined,
      wanted(2) ? b.reshape(b.reduceSum(gradient, [0, 2, 3]), [weight.shape[0]]) : undefined,
    ];
  },
};
