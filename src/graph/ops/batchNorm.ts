/** Batch normalisation with given statistics (its inference form). */
import type { OpDefinition } from "../op.ts";
import { elements, formatDim, sameDim } from "../shape.ts";

export interface BatchNormAttributes {
  /** Added to the variance before the square root. */
  readonly epsilon: number;
}

/** x [N, C, …] and weight, bias, mean, variance [C] → (x − mean)/√(variance + ε)·weight + bias. */
export const batchNorm: OpDefinition<BatchNormAttributes> = {
  inputs: ["x", "weight", "bias", "mean", "variance"],

  shape([x, ...perChannel], { epsilon }, reject) {
    if (x.length < 2) reject("x must have a channel axis");
    if (!(epsilon > 0)) reject(`epsilon must be positive, not ${epsilon}`);
    for (const [position, shape] of perChannel.entries()) {
      if (shape.length !== 1 || !sameDim(shape[0], x[1])) {
        reject(
          `${batchNorm.inputs[position + 1]} must be [${formatDim(x[1])}], one number a channel`,
        );
      }
    }
    return x;
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
};
