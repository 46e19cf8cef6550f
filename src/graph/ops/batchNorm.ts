/** Normalisation of channels: by given statistics, and the plain affine map. */
import type { GraphBuilder } from "../builder.ts";
import type { Value } from "../graph.ts";
import type { NoAttributes, OpDefinition, Reject } from "../op.ts";
import { elements, formatDim, type Shape, sameDim } from "../shape.ts";

export interface BatchNormAttributes {
  /** Added to the variance before the square root. */
  readonly epsilon: number;
}

function checkChannels(
  names: readonly string[],
  [x, ...vectors]: readonly Shape[],
  reject: Reject,
) {
  if (x.length < 2) reject("x must have a channel axis");
  for (const [position, shape] of vectors.entries()) {
    if (shape.length !== 1 || !sameDim(shape[0], x[1])) {
      reject(`${names[position + 1]} must be [${formatDim(x[1])}], one number a channel`);
    }
  }
}

/** Sum over all axes but that of the channels, as a vector. */
function perChannel(b: GraphBuilder, value: Value): Value {
  const axes = [...value.shape.keys()].filter((axis) => axis !== 1);
  return b.reshape(b.reduceSum(value, axes), [value.shape[1]]);
}

/** A vector of channels, so shaped that it repeats to `like`. */
function alongChannels(b: GraphBuilder, vector: Value, like: Value): Value {
  return b.reshape(
    vector,
    like.shape.map((size, axis) => (axis === 1 ? size : 1)),
  );
}

/** x [N, C, …] and weight, bias, mean, variance [C] → (x − mean)/√(variance + ε)·weight + bias. */
export const batchNorm: OpDefinition<BatchNormAttributes> = {
  inputs: ["x", "weight", "bias", "mean", "variance"],

  shape(shapes, { epsilon }, reject) {
    checkChannels(batchNorm.inputs, shapes, reject);
    if (!(epsilon > 0)) reject(`epsilon must be positive, not ${epsilon}`);
    return shapes[0];
  },

  evaluate([x, weight, bias, mean, variance], { epsilon }, shape) {
    const channels = shape[1];
    const inner = elements(shape.slice(2));
    const data = x.data.map((value, i) => {
      const c = Math.floor(i / inner) % channels;
      const scale = weight.data[c] / Math.sqrt(variance.data[c] + epsilon);
      return (value - mean.data[c]) * scale + bias.data[c];
    });
    return { shape, data };
  },

  lower({ inputs, output }, { epsilon }, onnx) {
    onnx.node("BatchNormalization", inputs, { epsilon: { float: epsilon } }, output);
  },

  gradient({ inputs: [x, weight, , mean, variance], attributes, gradient, wanted }, b) {
    const moved = b.add(variance, b.constant(attributes.epsilon));
    const inverse = b.div(b.constant(1), b.sqrt(moved));
    const scale = b.mul(weight, inverse);
    const total = perChannel(b, gradient);
    const deviation = b.sub(x, alongChannels(b, mean, x));
    const correlation = perChannel(b, b.mul(gradient, deviation));
    const half = b.constant(-0.5);
    return [
      wanted(0) ? b.mul(gradient, alongChannels(b, scale, x)) : undefined,
      b.mul(correlation, inverse),
      total,
      b.mul(b.constant(-1), b.mul(total, scale)),
      b.mul(b.mul(correlation, scale), b.div(half, moved)),
    ];
  },
};

/** x [N, C, …], scale [C], shift [C] → x·scale + shift, in one pass. */
export const scaleShift: OpDefinition<NoAttributes> = {
  inputs: ["x", "scale", "shift"],

  shape(shapes, _, reject) {
    checkChannels(scaleShift.inputs, shapes, reject);
    return shapes[0];
  },

  evaluate([x, scale, shift], _, shape) {
    const inner = elements(shape.slice(2));
    const data = x.data.map((value, i) => {
      const c = Math.floor(i / inner) % shape[1];
      return value * scale.data[c] + shift.data[c];
    });
    return { shape, data };
  },

  lower({ inputs, inputShapes, output }, _, onnx) {
    const channels = inputShapes[0][1];
    if (typeof channels !== "number") {
      const unscaled = inputShapes[0].slice(2).map((_, axis) => axis + 1);
      const [x, ...vectors] = inputs;
      const [scale, shift] = vectors.map((vector) =>
        unscaled.length > 0 ? onnx.node("Unsqueeze", [vector, onnx.integers(unscaled)]) : vector,
      );
      onnx.node("Add", [onnx.node("Mul", [x, scale]), shift], {}, output);
      return;
    }
    const mean = onnx.floats(new Float32Array(channels));
    const variance = onnx.floats(new Float32Array(channels).fill(1));
    const attributes = { epsilon: { float: 0 } };
    onnx.node("BatchNormalization", [...inputs, mean, variance], attributes, output);
  },

  gradient({ inputs: [x, scale], gradient, wanted }, b) {
    return [
      wanted(0) ? b.mul(gradient, alongChannels(b, scale, x)) : undefined,
      wanted(1) ? perChannel(b, b.mul(gradient, x)) : undefined,
      wanted(2) ? perChannel(b, gradient) : undefined,
    ];
  },
};
