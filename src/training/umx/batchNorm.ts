/**
 * Batch norm over rows with what follows it, tanh or ReLU, forward and back; all sums in double (docs/mathematics.md, 7.5).
 *
 * Training normalises by the batch's own mean and biased variance, and the gradient flows through these too.
 */

/** Added to variances. */
const EPSILON = 1e-5;
/** Share of a new batch in running statistics, as in PyTorch. */
const MOMENTUM = 0.1;

/** What rows are normalised by, per column. */
export interface Statistics {
  readonly mean: Float64Array;
  /** 1/√(variance + ε). */
  readonly inverse: Float64Array;
}

/** Means and biased variances of columns. */
export interface Moments {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

/** What follows a norm. */
export type Activation = "tanh" | "relu";

/** The affine map of a norm, per column. */
export interface NormWeights {
  readonly weight: ArrayLike<number>;
  readonly bias: ArrayLike<number>;
}

/** Moments of the columns of x [rows, width]. */
export function columnMoments(x: Float32Array, width: number): Moments {
  const rows = x.length / width;
  const mean = new Float64Array(width);
  const squares = new Float64Array(width);
  for (let at = 0; at < x.length; at += width) {
    for (let i = 0; i < width; i++) {
      const value = x[at + i];
      mean[i] += value;
      squares[i] += value * value;
    }
  }
  for (let i = 0; i < width; i++) {
    mean[i] /= rows;
    squares[i] = Math.max(0, squares[i] / rows - mean[i] * mean[i]);
  }
  return { mean, variance: squares };
}

/** What columns of these moments are normalised by. */
export function statisticsOf({ mean, variance }: { mean: ArrayLike<number>; variance: ArrayLike<number> }): Statistics {
  return {
    mean: Float64Array.from(mean),
    inverse: Float64Array.from(variance, (v) => 1 / Math.sqrt(v + EPSILON)),
  };
}

/** Moves running statistics towards a batch's, in place; variances count as unbiased ones. */
export function follow(
  running: { readonly mean: Float32Array; readonly variance: Float32Array },
  { mean, variance }: Moments,
  rows: number,
): void {
  const unbiased = rows / Math.max(1, rows - 1);
  for (let i = 0; i < mean.length; i++) {
    running.mean[i] = (1 - MOMENTUM) * running.mean[i] + MOMENTUM * mean[i];
    running.variance[i] = (1 - MOMENTUM) * running.variance[i] + MOMENTUM * unbiased * variance[i];
  }
}

/** Whether a network trains: then batch norms use the batch's own moments, and running ones follow. */
export type Mode = "training" | "evaluation";

/** What x [rows, width] is normalised by. In training `running`, of the same columns, follows. */
export function batchStatistics(
  x: Float32Array,
  running: { readonly mean: Float32Array; readonly variance: Float32Array },
  mode: Mode,
): Statistics {
  if (mode === "evaluation") return statisticsOf(running);
  const width = running.mean.length;
  const moments = columnMoments(x, width);
  follow(running, moments, x.length / width);
  return statisticsOf(moments);
}

/** activation(x̂·weight + bias) of x [rows, width], x̂ = (x − mean)·inverse. */
export function normalise(
  x: Float32Array,
  { mean, inverse }: Statistics,
  { weight, bias }: NormWeights,
  activation: Activation,
  out: Float32Array,
): void {
  const width = mean.length;
  const scale = inverse.map((v, i) => v * weight[i]);
  const shift = mean.map((m, i) => bias[i] - m * scale[i]);
  for (let at = 0; at < x.length; at += width) {
    if (activation === "relu") {
      for (let i = 0; i < width; i++) {
        const value = x[at + i] * scale[i] + shift[i];
        out[at + i] = value > 0 ? value : 0;
      }
    } else {
      for (let i = 0; i < width; i++) out[at + i] = Math.tanh(x[at + i] * scale[i] + shift[i]);
    }
  }
}

/**
 * The way back through {@link normalise} of a batch by its own statistics.
 *
 * @param out what it gave
 * @param gradient by `out`; becomes the gradient by x
 * @returns the gradients by weight and bias
 */
export function normaliseBack(
  x: Float32Array,
  { mean, inverse }: Statistics,
  weight: ArrayLike<number>,
  activation: Activation,
  out: Float32Array,
  gradient: Float32Array,
): { readonly byWeight: Float64Array; readonly byBias: Float64Array } {
  const width = mean.length;
  const rows = x.length / width;
  const byBias = new Float64Array(width);
  const byWeight = new Float64Array(width);
  for (let at = 0; at < x.length; at += width) {
    for (let i = 0; i < width; i++) {
      const y = out[at + i];
      const g = activation === "tanh" ? gradient[at + i] * (1 - y * y) : y > 0 ? gradient[at + i] : 0;
      gradient[at + i] = g;
      byBias[i] += g;
      byWeight[i] += g * (x[at + i] - mean[i]);
    }
  }
  const scale = new Float64Array(width);
  const slope = new Float64Array(width);
  const constant = new Float64Array(width);
  for (let i = 0; i < width; i++) {
    byWeight[i] *= inverse[i];
    scale[i] = weight[i] * inverse[i];
    slope[i] = (scale[i] * inverse[i] * byWeight[i]) / rows;
    constant[i] = slope[i] * mean[i] - (scale[i] * byBias[i]) / rows;
  }
  for (let at = 0; at < x.length; at += width) {
    for (let i = 0; i < width; i++) {
      gradient[at + i] = scale[i] * gradient[at + i] - slope[i] * x[at + i] + constant[i];
    }
  }
  return { byWeight, byBias };
}
