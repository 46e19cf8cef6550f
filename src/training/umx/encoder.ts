/**
 * From magnitudes of the lower bins to what recurrent layers read: tanh(bn1(W1·((a + mean)·scale))), forward and back.
 *
 * Scale and mean go into the weights, so that no copy of the magnitudes is needed: u = a·(W1·scale)ᵀ + (W1·scale)·mean. The
 * gradient by the scale then follows from that by the weights: Σ over units, channels of W1·∂/∂(W1·scale).
 */
import type { UmxArchitecture } from "../../networks/umx/index.ts";
import type { Mode, Statistics } from "./batchNorm.ts";
import type { Machines } from "./machines.ts";
import { runningOf, type TargetTensors, tensorOf } from "./parameters.ts";
import { rowsOf } from "./products.ts";

/** What the way back needs. */
export interface Encoded {
  readonly sums: Float32Array;
  readonly statistics: Statistics;
  /** [rows, hidden]. */
  readonly output: Float32Array;
}

/** @param lower magnitudes [rows, channels·maxBin] */
export async function encode(
  { products, norms }: Machines,
  { channels, maxBin, hidden }: UmxArchitecture,
  tensors: TargetTensors,
  lower: Float32Array,
  mode: Mode,
): Promise<Encoded> {
  const width = channels * maxBin;
  const scaled = scaledWeights(tensors, maxBin);
  const mean = tensorOf(tensors, "input_mean");
  const sums = await products.forward(rowsOf(lower, width), rowsOf(scaled, width));
  const shift = Float64Array.from({ length: hidden }, (_, unit) => {
    let sum = 0;
    for (let i = 0; i < width; i++) sum += scaled[unit * width + i] * mean[i % maxBin];
    return sum;
  });
  for (let at = 0; at < sums.length; at += hidden) {
    for (let unit = 0; unit < hidden; unit++) sums[at + unit] += shift[unit];
  }
  const statistics = norms.statistics(sums, runningOf(tensors, "bn1"), mode);
  const output = new Float32Array(sums.length);
  const weights = { weight: tensorOf(tensors, "bn1.weight"), bias: tensorOf(tensors, "bn1.bias") };
  norms.normalise(sums, statistics, weights, "tanh", output);
  return { sums, statistics, output };
}

/** The way back of a training pass. @param gradient by the output; overwritten */
export async function encodeBack(
  { products, norms }: Machines,
  { channels, maxBin, hidden }: UmxArchitecture,
  tensors: TargetTensors,
  gradients: TargetTensors,
  lower: Float32Array,
  { sums, statistics, output }: Encoded,
  gradient: Float32Array,
): Promise<void> {
  const width = channels * maxBin;
  const norm = tensorOf(tensors, "bn1.weight");
  const { byWeight, byBias } = norms.back(sums, statistics, norm, "tanh", output, gradient);
  tensorOf(gradients, "bn1.weight").set(byWeight);
  tensorOf(gradients, "bn1.bias").set(byBias);
  const bySums = new Float64Array(hidden);
  for (let at = 0; at < gradient.length; at += hidden) {
    for (let unit = 0; unit < hidden; unit++) bySums[unit] += gradient[at + unit];
  }
  const [weight, mean, scale] = ["fc1.weight", "input_mean", "input_scale"].map((name) =>
    tensorOf(tensors, name),
  );
  const byFirst = tensorOf(gradients, "fc1.weight");
  await products.byWeight(rowsOf(gradient, hidden), rowsOf(lower, width), byFirst);
  const byScale = new Float64Array(maxBin);
  const byMean = new Float64Array(maxBin);
  for (let unit = 0; unit < hidden; unit++) {
    for (let i = 0; i < width; i++) {
      const at = unit * width + i;
      const bin = i % maxBin;
      const byScaled = byFirst[at] + bySums[unit] * mean[bin];
      byScale[bin] += weight[at] * byScaled;
      byMean[bin] += bySums[unit] * weight[at] * scale[bin];
      byFirst[at] = byScaled * scale[bin];
    }
  }
  tensorOf(gradients, "input_scale").set(byScale);
  tensorOf(gradients, "input_mean").set(byMean);
}

function scaledWeights(tensors: TargetTensors, maxBin: number): Float32Array {
  const scale = tensorOf(tensors, "input_scale");
  return tensorOf(tensors, "fc1.weight").map((w, i) => w * scale[i % maxBin]);
}
