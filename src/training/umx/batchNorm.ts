/**
 * Batch norms over rows with what follows them, tanh or ReLU, forward and back; all sums in double (docs/mathematics.md, 7.5).
 *
 * Training normalises by the batch's own mean and biased variance, and the gradient flows through these too. The loops are
 * kernels', which work on some rows at a time.
 */
import { createKernels, type KernelInstance } from "../../kernels/instance.ts";

/** Added to variances. */
const EPSILON = 1e-5;
/** Share of a new batch in running statistics, as in PyTorch. */
const MOMENTUM = 0.1;
/** Numbers that kernels work on at once: what a processor keeps near itself. */
const CHUNK = 2 ** 17;

/** What columns are normalised by: their means, and 1/√(variance + ε). */
export interface Statistics {
  readonly mean: Float32Array;
  readonly inverse: Float64Array;
}

/** What follows a norm. */
export type Activation = "tanh" | "relu";

/** The affine map of a norm, per column. */
export interface NormWeights {
  readonly weight: ArrayLike<number>;
  readonly bias: ArrayLike<number>;
}

/** Whether a network trains: then batch norms use the batch's own moments, and running ones follow. */
export type Mode = "training" | "evaluation";

/** Running means and variances. */
export interface Running {
  readonly mean: Float32Array;
  readonly variance: Float32Array;
}

/** An output of the activation below which nothing lies. */
const floors: Readonly<Record<Activation, number>> = { relu: 0, tanh: Number.NEGATIVE_INFINITY };

export class BatchNorms {
  readonly #kernels: KernelInstance = createKernels();
  /** Areas of rows: x, what comes of it, a gradient. */
  readonly #areas: readonly [number, number, number];
  /** Areas of columns: floats, then doubles. */
  readonly #columns: readonly [number, number, number, number];
  readonly #sums: readonly [number, number];

  /** @param width most columns */
  constructor(width: number) {
    const area = () => this.#kernels.allocate(4 * Math.max(CHUNK, width));
    const column = () => this.#kernels.allocate(4 * width);
    const sums = () => this.#kernels.allocate(8 * width);
    this.#areas = [area(), area(), area()];
    this.#columns = [column(), column(), column(), column()];
    this.#sums = [sums(), sums()];
  }

  /** What x [rows, width] is normalised by. In training `running`, of the same columns, follows. */
  statistics(x: Float32Array, running: Running, mode: Mode): Statistics {
    if (mode === "evaluation") return statisticsOf(running.mean, running.variance);
    const width = running.mean.length;
    const rows = x.length / width;
    const [sums, squares] = this.#zeroed(width);
    const [area] = this.#areas;
    for (const { from, to } of chunks(x.length, width)) {
      this.#put(area, x, from, to);
      this.#kernels.exports.columnMoments(area, (to - from) / width, width, ...this.#sums);
    }
    const unbiased = rows / Math.max(1, rows - 1);
    const variance = new Float64Array(width);
    const mean = new Float64Array(width);
    for (let i = 0; i < width; i++) {
      mean[i] = sums[i] / rows;
      variance[i] = Math.max(0, squares[i] / rows - mean[i] * mean[i]);
      running.mean[i] = (1 - MOMENTUM) * running.mean[i] + MOMENTUM * mean[i];
      running.variance[i] =
        (1 - MOMENTUM) * running.variance[i] + MOMENTUM * unbiased * variance[i];
    }
    return statisticsOf(mean, variance);
  }

  /** activation(x̂·weight + bias) of x [rows, width], x̂ = (x − mean)·inverse. `out` may be x. */
  normalise(
    x: Float32Array,
    { mean, inverse }: Statistics,
    { weight, bias }: NormWeights,
    activation: Activation,
    out: Float32Array,
  ): void {
    const width = mean.length;
    const [means, scale, shift] = this.#put3(
      mean,
      inverse.map((v, i) => v * weight[i]),
      bias,
    );
    const [from0, to0] = this.#areas;
    const floor = floors[activation];
    for (const { from, to } of chunks(x.length, width)) {
      this.#put(from0, x, from, to);
      const rows = (to - from) / width;
      const { normaliseColumns } = this.#kernels.exports;
      normaliseColumns(from0, rows, width, means, scale, shift, floor, to0);
      this.#take(to0, out, from, to);
    }
    if (activation === "tanh") for (let i = 0; i < out.length; i++) out[i] = Math.tanh(out[i]);
  }

  /**
   * The way back through {@link normalise} of a batch by its own statistics.
   *
   * @param out what it gave
   * @param gradient by `out`; becomes the gradient by x
   * @returns the gradients by weight and bias
   */
  back(
    x: Float32Array,
    { mean, inverse }: Statistics,
    weight: ArrayLike<number>,
    activation: Activation,
    out: Float32Array,
    gradient: Float32Array,
  ): { readonly byWeight: Float64Array; readonly byBias: Float64Array } {
    const width = mean.length;
    const rows = x.length / width;
    if (activation === "tanh") {
      for (let i = 0; i < out.length; i++) gradient[i] *= 1 - out[i] * out[i];
    }
    const { columnGradients, normaliseColumnsBack } = this.#kernels.exports;
    const [xs, outs, gradients] = this.#areas;
    const [means] = this.#put3(mean, mean, mean);
    const [biases, weights] = this.#zeroed(width);
    const floor = floors[activation];
    for (const { from, to } of chunks(x.length, width)) {
      this.#put(xs, x, from, to);
      this.#put(outs, out, from, to);
      this.#put(gradients, gradient, from, to);
      const some = (to - from) / width;
      columnGradients(xs, outs, gradients, some, width, means, floor, ...this.#sums);
      this.#take(gradients, gradient, from, to);
    }
    const byBias = biases.slice();
    const byWeight = weights.map((sum, i) => sum * inverse[i]);
    const scale = inverse.map((v, i) => v * weight[i]);
    const [scales, slopes, constants] = this.#put3(
      scale,
      scale.map((s, i) => (s * inverse[i] * byWeight[i]) / rows),
      scale.map((s, i) => (s * byBias[i]) / rows),
    );
    const own = this.#columns[3];
    this.#kernels.f32(own, width).set(mean);
    for (const { from, to } of chunks(x.length, width)) {
      this.#put(xs, x, from, to);
      this.#put(gradients, gradient, from, to);
      const some = (to - from) / width;
      normaliseColumnsBack(xs, gradients, some, width, own, scales, slopes, constants);
      this.#take(gradients, gradient, from, to);
    }
    return { byWeight, byBias };
  }

  #put(area: number, values: Float32Array, from: number, to: number): void {
    this.#kernels.f32(area, to - from).set(values.subarray(from, to));
  }

  #take(area: number, values: Float32Array, from: number, to: number): void {
    values.set(this.#kernels.f32(area, to - from), from);
  }

  #put3(a: ArrayLike<number>, b: ArrayLike<number>, c: ArrayLike<number>) {
    const [first, second, third] = this.#columns;
    for (const [at, values] of [
      [first, a],
      [second, b],
      [third, c],
    ] as const) {
      this.#kernels.f32(at, values.length).set(values);
    }
    return [first, second, third] as const;
  }

  #zeroed(width: number): readonly [Float64Array, Float64Array] {
    const [a, b] = this.#sums;
    return [this.#kernels.f64(a, width).fill(0), this.#kernels.f64(b, width).fill(0)];
  }
}

function statisticsOf(mean: ArrayLike<number>, variance: ArrayLike<number>): Statistics {
  return {
    mean: Float32Array.from(mean),
    inverse: Float64Array.from(variance, (v) => 1 / Math.sqrt(v + EPSILON)),
  };
}

/** Whole rows, as many at a time as kernels work on. */
function* chunks(length: number, width: number) {
  const step = width * Math.max(1, Math.floor(CHUNK / width));
  for (let from = 0; from < length; from += step) yield { from, to: Math.min(length, from + step) };
}
