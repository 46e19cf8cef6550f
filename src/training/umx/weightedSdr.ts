/**
 * X-UMX's loss of waveforms: the weighted SDR (Choi and others 2019) of all combinations of targets, with its gradient.
 *
 * A combination's estimate p, truth q, and what each leaves of the mixture, m = x − p and n = x − q, are sums of the same
 * eight signals; so all it takes are the scalar products of these, in double, and the gradient is a sum of the same signals.
 */

/** Added to energies and products. */
const EPSILON = 1e-10;

/**
 * 1 + the mean of −α·pq/(|p||q|) − (1 − α)·nm/(|m||n|) over combinations, α = |q|²/(|q|² + |n|²): from 0 to 2. The mixture is
 * the sum of the true stems.
 *
 * @param estimates of each target, one channel
 * @param references the true ones; what is longer than the estimates does not count
 * @param gradients take the gradients by the estimates, times `weight`; undefined: they are not wanted
 */
export function weightedSdr(
  estimates: readonly Float32Array[],
  references: readonly Float32Array[],
  weight = 1,
  gradients?: readonly Float32Array[],
): number {
  const count = estimates.length;
  const length = estimates[0].length;
  const signals = [...estimates, ...references];
  const products = scalarProducts(signals, length);
  const product = (a: Float64Array, b: Float64Array) => {
    let sum = 0;
    for (const [i, x] of a.entries()) {
      if (x === 0) continue;
      for (const [k, y] of b.entries()) sum += x * y * products[i * signals.length + k];
    }
    return sum;
  };
  const combinations = 2 ** count - 2;
  /** For each target, of each signal. */
  const shares = estimates.map(() => new Float64Array(signals.length));
  let loss = 1;
  for (let set = 1; set <= combinations; set++) {
    const isIn = (j: number) => (set >> j) & 1;
    const sum = (of: (j: number, isTruth: boolean) => number) =>
      Float64Array.from(signals, (_, i) => of(i % count, i >= count));
    const p = sum((j, isTruth) => (isTruth ? 0 : isIn(j)));
    const q = sum((j, isTruth) => (isTruth ? isIn(j) : 0));
    const n = sum((j, isTruth) => (isTruth ? 1 - isIn(j) : 0));
    const m = sum((j, isTruth) => (isTruth ? 1 : -isIn(j)));
    const [pp, qq, nn, mm] = [p, q, n, m].map((x) => Math.max(0, product(x, x)));
    const alpha = qq / (qq + nn + EPSILON);
    const first = likeness(product(p, q), pp, qq);
    const second = likeness(product(n, m), mm, nn);
    loss -= (alpha * first.value + (1 - alpha) * second.value) / combinations;
    // By p: directly, and through m = x − p.
    for (let i = 0; i < signals.length; i++) {
      const byP = alpha * (first.byProduct * q[i] + first.bySquare * p[i]);
      const byM = (1 - alpha) * (second.byProduct * n[i] + second.bySquare * m[i]);
      for (let j = 0; j < count; j++) {
        if (isIn(j)) shares[j][i] += (byM - byP) / combinations;
      }
    }
  }
  if (gradients) {
    for (const [j, gradient] of gradients.entries()) {
      const own = shares[j].map((share) => weight * share);
      for (let t = 0; t < length; t++) {
        let value = 0;
        for (let i = 0; i < signals.length; i++) value += own[i] * signals[i][t];
        gradient[t] = value;
      }
    }
  }
  return loss;
}

/** ab/(√(ε + aa)·√(ε + bb) + ε) with the factors of b and of a in its gradient by a. */
function likeness(ab: number, aa: number, bb: number) {
  const [a, b] = [Math.sqrt(EPSILON + aa), Math.sqrt(EPSILON + bb)];
  const norm = a * b + EPSILON;
  return { value: ab / norm, byProduct: 1 / norm, bySquare: (-ab * b) / (a * norm * norm) };
}

/** Of all pairs, row by row. */
function scalarProducts(signals: readonly Float32Array[], length: number): Float64Array {
  const count = signals.length;
  const products = new Float64Array(count * count);
  for (let i = 0; i < count; i++) {
    for (let k = i; k < count; k++) {
      const [a, b] = [signals[i], signals[k]];
      let sum = 0;
      for (let t = 0; t < length; t++) sum += a[t] * b[t];
      products[i * count + k] = sum;
      products[k * count + i] = sum;
    }
  }
  return products;
}
