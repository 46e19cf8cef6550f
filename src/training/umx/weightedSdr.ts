/**
 * X-UMX's loss of waveforms: the weighted SDR (Choi and others 2019) of all combinations of targets, with its gradient.
 *
 * A combination's estimate p, truth q, and what each leaves of the mixture, m = x − p and n = x − q, are sums of the same
 * signals, the estimates and true stems; so all it takes are the scalar products of these, in double, and the gradient is a
 * sum of the same signals.
 */
import { createKernels, type KernelInstance } from "../../kernels/instance.ts";

/** Added to energies and products. */
const EPSILON = 1e-10;
/** Samples that kernels work on at once, a multiple of 4. */
const CHUNK = 2 ** 12;

export class WeightedSdr {
  readonly #kernels: KernelInstance = createKernels();
  readonly #targets: number;
  readonly #signals: number;
  readonly #products: number;
  readonly #shares: number;
  readonly #out: number;

  constructor(targets: number) {
    const signals = 2 * targets;
    this.#targets = targets;
    this.#signals = this.#kernels.allocate(4 * CHUNK * signals);
    this.#products = this.#kernels.allocate(8 * signals * signals);
    this.#shares = this.#kernels.allocate(4 * signals * targets);
    this.#out = this.#kernels.allocate(4 * CHUNK);
  }

  /**
   * 1 + the mean of −α·pq/(|p||q|) − (1 − α)·nm/(|m||n|) over combinations, α = |q|²/(|q|² + |n|²): from 0 to 2. The mixture
   * is the sum of the true stems.
   *
   * @param estimates of each target, one channel
   * @param references the true ones; what is longer than the estimates does not count
   * @param weight of the gradients
   * @param gradients take the gradients by the estimates; undefined: they are not wanted
   */
  compute(
    estimates: readonly Float32Array[],
    references: readonly Float32Array[],
    weight = 1,
    gradients?: readonly Float32Array[],
  ): number {
    const signals = [...estimates, ...references];
    const { length } = estimates[0];
    const { loss, shares } = lossOfProducts(this.#productsOf(signals, length), this.#targets);
    if (gradients) {
      const all = shares.flatMap((row) => Array.from(row, (share) => weight * share));
      this.#mix(signals, all, gradients);
    }
    return loss;
  }

  /** Of all pairs of signals, row by row. */
  #productsOf(signals: readonly Float32Array[], length: number): Float64Array {
    const count = signals.length;
    const { exports, f64 } = this.#kernels;
    f64(this.#products, count * count).fill(0);
    for (let from = 0; from < length; from += CHUNK) {
      const whole = this.#put(signals, from, Math.min(length, from + CHUNK));
      exports.scalarProducts(this.#signals, count, 4 * CHUNK, whole, this.#products);
    }
    const products = f64(this.#products, count * count).slice();
    for (let i = 0; i < count; i++) {
      for (let k = 0; k < i; k++) products[i * count + k] = products[k * count + i];
    }
    return products;
  }

  #mix(
    signals: readonly Float32Array[],
    shares: readonly number[],
    gradients: readonly Float32Array[],
  ): void {
    const { exports, f32 } = this.#kernels;
    f32(this.#shares, shares.length).set(shares);
    const count = signals.length;
    const { length } = gradients[0];
    for (let from = 0; from < length; from += CHUNK) {
      const to = Math.min(length, from + CHUNK);
      const whole = this.#put(signals, from, to);
      for (const [j, gradient] of gradients.entries()) {
        const own = this.#shares + 4 * j * count;
        exports.mixSignals(this.#signals, count, 4 * CHUNK, whole, own, this.#out);
        gradient.set(f32(this.#out, to - from), from);
      }
    }
  }

  /** Parts of the signals, with zeros up to a multiple of 4 samples; returns that. */
  #put(signals: readonly Float32Array[], from: number, to: number): number {
    const whole = 4 * Math.ceil((to - from) / 4);
    for (const [i, signal] of signals.entries()) {
      const area = this.#kernels.f32(this.#signals + 4 * CHUNK * i, whole);
      area.set(signal.subarray(from, to));
      area.fill(0, to - from);
    }
    return whole;
  }
}

/** The loss of scalar products, and what of each signal is in its gradients by the estimates: [targets][signals]. */
function lossOfProducts(products: Float64Array, count: number) {
  const signals = 2 * count;
  const product = (a: Float64Array, b: Float64Array) => {
    let sum = 0;
    for (let i = 0; i < signals; i++) {
      for (let k = 0; k < signals; k++) sum += a[i] * b[k] * products[i * signals + k];
    }
    return sum;
  };
  const combinations = 2 ** count - 2;
  const shares = Array.from({ length: count }, () => new Float64Array(signals));
  let loss = 1;
  for (let set = 1; set <= combinations; set++) {
    const isIn = (j: number) => (set >> j) & 1;
    const sum = (of: (j: number, isTruth: boolean) => number) =>
      Float64Array.from({ length: signals }, (_, i) => of(i % count, i >= count));
    const p = sum((j, isTruth) => (isTruth ? 0 : isIn(j)));
    const q = sum((j, isTruth) => (isTruth ? isIn(j) : 0));
    const n = sum((j, isTruth) => (isTruth ? 1 - isIn(j) : 0));
    const m = sum((j, isTruth) => (isTruth ? 1 : -isIn(j)));
    const [pp, qq, nn, mm] = [p, q, n, m].map((x) => Math.max(0, product(x, x)));
    const alpha = qq / (qq + nn + EPSILON);
    const first = likeness(product(p, q), pp, qq);
    const second = likeness(product(n, m), mm, nn);
    loss -= (alpha * first.value + (1 - alpha) * second.value) / combinations;
    for (let i = 0; i < signals; i++) {
      // By p directly, and through m = x − p.
      const byP = alpha * (first.byProduct * q[i] + first.bySquare * p[i]);
      const byM = (1 - alpha) * (second.byProduct * n[i] + second.bySquare * m[i]);
      for (let j = 0; j < count; j++) {
        if (isIn(j)) shares[j][i] += (byM - byP) / combinations;
      }
    }
  }
  return { loss, shares };
}

/** ab/(√(ε + aa)·√(ε + bb) + ε) with the factors of b and of a in its gradient by a. */
function likeness(ab: number, aa: number, bb: number) {
  const [a, b] = [Math.sqrt(EPSILON + aa), Math.sqrt(EPSILON + bb)];
  const norm = a * b + EPSILON;
  return { value: ab / norm, byProduct: 1 / norm, bySquare: (-ab * b) / (a * norm * norm) };
}
