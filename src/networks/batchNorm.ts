/** Batch normalisation in training mode (Ioffe, Szegedy 2015). */
import type { GraphBuilder, Value } from "../graph/index.ts";

/**
 * Normalises x [1, channels, bins, frames·batch] by its own mean and variance, the biased one.
 * @param epsilon added to variances
 * @returns what comes of it, and both as [channels]
 */
export function batchNormByBatch(
  b: GraphBuilder,
  x: Value,
  weight: Value,
  bias: Value,
  epsilon: number,
): { readonly y: Value; readonly mean: Value; readonly variance: Value } {
  const mean = b.mean(x, [2, 3]);
  const deviation = b.sub(x, mean);
  const variance = b.mean(b.square(deviation), [2, 3]);
  const inverse = b.div(b.constant(1), b.sqrt(b.add(variance, b.constant(epsilon))));
  const scale = b.mul(weight, b.reshape(inverse, weight.shape));
  return {
    y: b.scaleShift(deviation, scale, bias),
    mean: b.reshape(mean, weight.shape),
    variance: b.reshape(variance, weight.shape),
  };
}
