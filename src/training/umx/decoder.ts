/**
 * From what is encoded and remembered to masks, forward and back: z = relu(bn2(W2·[encoded; remembered])), o = bn3(W3·z),
 * mask = relu(o·output_scale + output_mean). Scale and mean of the output are taken into bn3's own.
 */
import type { UmxArchitecture } from "../../networks/umx/index.ts";
import type { Mode, Statistics } from "./batchNorm.ts";
import type { Machines } from "./machines.ts";
import { runningOf, type TargetTensors, tensorOf } from "./parameters.ts";
import { rowsOf } from "./products.ts";

/** What the way back needs. */
export interface Decoded {
  /** [rows, 2·hidden]: encoded, then remembered. */
  readonly joined: Float32Array;
  /** W2's and W3's products, before the norms. */
  readonly inner: Float32Array;
  readonly outer: Float32Array;
  readonly innerStatistics: Statistics;
  readonly outerStatistics: Statistics;
  /** [rows, hidden]. */
  readonly bent: Float32Array;
  /** [rows, channels·bins]. */
  readonly masks: Float32Array;
}

/** @param joined [rows, 2·hidden] */
export async function decode(
  { products, norms }: Machines,
  { hidden, bins }: UmxArchitecture,
  tensors: TargetTensors,
  joined: Float32Array,
  mode: Mode,
): Promise<Decoded> {
  const second = rowsOf(tensorOf(tensors, "fc2.weight"), 2 * hidden);
  const third = rowsOf(tensorOf(tensors, "fc3.weight"), hidden);
  const inner = await products.forward(rowsOf(joined, 2 * hidden), second);
  const innerStatistics = norms.statistics(inner, runningOf(tensors, "bn2"), mode);
  const bent = new Float32Array(inner.length);
  const weights = { weight: tensorOf(tensors, "bn2.weight"), bias: tensorOf(tensors, "bn2.bias") };
  norms.normalise(inner, innerStatistics, weights, "relu", bent);
  const outer = await products.forward(rowsOf(bent, hidden), third);
  const outerStatistics = norms.statistics(outer, runningOf(tensors, "bn3"), mode);
  const masks = new Float32Array(outer.length);
  norms.normalise(outer, outerStatistics, outputWeights(tensors, bins), "relu", masks);
  return { joined, inner, outer, innerStatistics, outerStatistics, bent, masks };
}

/** The way back of a training pass. @param gradient by the masks; overwritten @returns the gradient by `joined` */
export async function decodeBack(
  { products, norms }: Machines,
  { hidden, bins, channels }: UmxArchitecture,
  tensors: TargetTensors,
  gradients: TargetTensors,
  decoded: Decoded,
  gradient: Float32Array,
): Promise<Float32Array> {
  const { joined, inner, outer, innerStatistics, outerStatistics, bent, masks } = decoded;
  const { weight } = outputWeights(tensors, bins);
  const byOutput = norms.back(outer, outerStatistics, weight, "relu", masks, gradient);
  const [own, bias, scale] = ["bn3.weight", "bn3.bias", "output_scale"].map((name) =>
    tensorOf(tensors, name),
  );
  const [byOwn, byBias, byScale, byMean] = [
    "bn3.weight",
    "bn3.bias",
    "output_scale",
    "output_mean",
  ].map((name) => tensorOf(gradients, name));
  byScale.fill(0);
  byMean.fill(0);
  for (let i = 0; i < channels * bins; i++) {
    const bin = i % bins;
    const [w, b] = [byOutput.byWeight[i], byOutput.byBias[i]];
    byOwn[i] = w * scale[bin];
    byBias[i] = b * scale[bin];
    byScale[bin] += w * own[i] + b * bias[i];
    byMean[bin] += b;
  }
  const third = rowsOf(tensorOf(tensors, "fc3.weight"), hidden);
  const byOuter = rowsOf(gradient, channels * bins);
  await products.byWeight(byOuter, rowsOf(bent, hidden), tensorOf(gradients, "fc3.weight"));
  const byInner = await products.byInput(byOuter, third);
  const norm = tensorOf(tensors, "bn2.weight");
  const byNorm = norms.back(inner, innerStatistics, norm, "relu", bent, byInner);
  tensorOf(gradients, "bn2.weight").set(byNorm.byWeight);
  tensorOf(gradients, "bn2.bias").set(byNorm.byBias);
  const rows = rowsOf(byInner, hidden);
  await products.byWeight(rows, rowsOf(joined, 2 * hidden), tensorOf(gradients, "fc2.weight"));
  return products.byInput(rows, rowsOf(tensorOf(tensors, "fc2.weight"), 2 * hidden));
}

/** bn3's map with the scale and the mean of the output after it. */
function outputWeights(tensors: TargetTensors, bins: number) {
  const [weight, bias, scale, mean] = ["bn3.weight", "bn3.bias", "output_scale", "output_mean"].map(
    (name) => tensorOf(tensors, name),
  );
  return {
    weight: Float64Array.from(weight, (w, i) => w * scale[i % bins]),
    bias: Float64Array.from(bias, (b, i) => b * scale[i % bins] + mean[i % bins]),
  };
}
