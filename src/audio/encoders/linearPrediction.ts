/** Linear prediction of a block: which weights of the last samples foretell the next one best. */

/** Most samples that a prediction looks back. */
export const MAX_ORDER = 8;

/** Predicts a sample as ⌊Σ coefs[j]·x[i−1−j] / 2^shift⌋. */
export interface Predictor {
  readonly order: number;
  /** MAX_ORDER whole numbers, the weight of the newest sample first, zeros after the order. */
  readonly coefs: Float64Array;
  /** Bits of a coefficient, its sign included. */
  readonly precision: number;
  /** 0 to 15. */
  readonly shift: number;
}

/** A window that is flat in its middle half and falls as a cosine to both ends (Tukey). */
export function taper(length: number): Float64Array {
  const slope = Math.max(1, Math.floor(length / 4));
  return Float64Array.from({ length }, (_, i) => {
    const fromEnd = Math.min(i, length - 1 - i) + 0.5;
    return fromEnd >= slope ? 1 : 0.5 - 0.5 * Math.cos((Math.PI * fromEnd) / slope);
  });
}

/** Σ x[i]·x[i−lag] for the lags 0 to MAX_ORDER. */
export function autocorrelation(x: Float64Array): Float64Array {
  let [r0, r1, r2, r3, r4, r5, r6, r7, r8] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  let [x1, x2, x3, x4, x5, x6, x7, x8] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const x0 = x[i];
    r0 += x0 * x0;
    r1 += x0 * x1;
    r2 += x0 * x2;
    r3 += x0 * x3;
    r4 += x0 * x4;
    r5 += x0 * x5;
    r6 += x0 * x6;
    r7 += x0 * x7;
    r8 += x0 * x8;
    x8 = x7;
    x7 = x6;
    x6 = x5;
    x5 = x4;
    x4 = x3;
    x3 = x2;
    x2 = x1;
    x1 = x0;
  }
  return Float64Array.of(r0, r1, r2, r3, r4, r5, r6, r7, r8);
}

/**
 * The predictor that costs the fewest bits, of an order of 1 to MAX_ORDER; undefined when there is nothing to predict
 * from. (Levinson-Durbin recursion: Makhoul, Linear Prediction: A Tutorial Review, 1975.)
 * @param correlation see {@link autocorrelation}.
 * @param length samples of the block.
 * @param depth bits per sample.
 */
export function bestPredictor(
  correlation: Float64Array,
  length: number,
  depth: number,
): Predictor | undefined {
  if (!(correlation[0] > 0)) return undefined;
  const precision = depth <= 17 ? 13 : 15;
  const coefs = new Float64Array(MAX_ORDER);
  const before = new Float64Array(MAX_ORDER);
  let best: Float64Array | undefined;
  let order = 0;
  let fewest = Number.POSITIVE_INFINITY;
  let error = correlation[0];
  for (let n = 0; n < MAX_ORDER && n + 1 < length; n++) {
    let sum = correlation[n + 1];
    for (let j = 0; j < n; j++) sum -= coefs[j] * correlation[n - j];
    const reflection = sum / error;
    before.set(coefs);
    for (let j = 0; j < n; j++) coefs[j] = before[j] - reflection * before[n - 1 - j];
    coefs[n] = reflection;
    error *= 1 - reflection * reflection;
    if (!(error > 0)) break;
    // A residual of this power, and the coefficient and the first sample that each order adds.
    const bits = (length - n - 1) * 0.5 * Math.log2(error) + (n + 1) * (precision + depth);
    if (bits < fewest) {
      fewest = bits;
      order = n + 1;
      best = coefs.slice();
    }
  }
  return best && rounded(best, order, precision);
}

/** Whole numbers in the place of the coefficients; the error of each is passed on to the next. */
function rounded(coefs: Float64Array, order: number, precision: number): Predictor {
  const largest = coefs.reduce((max, coef) => Math.max(max, Math.abs(coef)), 0);
  const limit = 2 ** (precision - 1) - 1;
  const shift = Math.max(0, Math.min(15, Math.floor(Math.log2(limit / largest))));
  const out = new Float64Array(MAX_ORDER);
  let carry = 0;
  for (let j = 0; j < order; j++) {
    const exact = coefs[j] * 2 ** shift + carry;
    out[j] = Math.max(-limit, Math.min(limit, Math.round(exact)));
    carry = exact - out[j];
  }
  return { order, coefs: out, precision, shift };
}

/**
 * Puts what `predictor` does not foretell into `residual`, from its order on.
 * @returns false when a value does not fit in 31 bits.
 */
export function residualOf(x: Float64Array, predictor: Predictor, residual: Int32Array): boolean {
  const { order, shift } = predictor;
  const [c1, c2, c3, c4, c5, c6, c7, c8] = predictor.coefs;
  const scale = 2 ** -shift;
  let [x1, x2, x3, x4, x5, x6, x7, x8] = [0, 0, 0, 0, 0, 0, 0, 0];
  let largest = 0;
  for (let i = 0; i < x.length; i++) {
    const x0 = x[i];
    if (i >= order) {
      const sum = c1 * x1 + c2 * x2 + c3 * x3 + c4 * x4 + (c5 * x5 + c6 * x6 + c7 * x7 + c8 * x8);
      const rest = x0 - Math.floor(sum * scale);
      largest = Math.max(largest, Math.abs(rest));
      residual[i] = rest;
    }
    x8 = x7;
    x7 = x6;
    x6 = x5;
    x5 = x4;
    x4 = x3;
    x3 = x2;
    x2 = x1;
    x1 = x0;
  }
  return largest < 2 ** 30;
}
