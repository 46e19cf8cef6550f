/** Recursive filters on whole signals, and the designs that the ear model needs. */

/** b(z)/a(z), equally many coefficients, a[0] = 1. */
export interface RecursiveFilter {
  readonly b: readonly number[];
  readonly a: readonly number[];
}

/** The filtered signal (transposed direct form, zero initial state). */
export function filtered({ b, a }: RecursiveFilter, x: ArrayLike<number>): Float64Array {
  const y = new Float64Array(x.length);
  const order = b.length - 1;
  const state = new Float64Array(order + 1);
  for (let n = 0; n < x.length; n++) {
    const out = b[0] * x[n] + state[0];
    for (let i = 0; i < order; i++) state[i] = b[i + 1] * x[n] - a[i + 1] * out + state[i + 1];
    y[n] = out;
  }
  return y;
}

/** First order low-pass (bilinear transform) at `cutoff` Hz. */
export function lowPass(cutoff: number, rate: number): RecursiveFilter {
  const k = Math.tan((Math.PI * cutoff) / rate);
  return { b: [k / (1 + k), k / (1 + k)], a: [1, (k - 1) / (k + 1)] };
}

/** Second order Butterworth high-pass at `cutoff` Hz. */
export function highPass(cutoff: number, rate: number): RecursiveFilter {
  const k = Math.tan((Math.PI * cutoff) / rate);
  const q = 1 / (1 + Math.SQRT2 * k + k * k);
  return { b: [q, -2 * q, q], a: [1, 2 * (k * k - 1) * q, (1 - Math.SQRT2 * k + k * k) * q] };
}

type Complex = readonly [re: number, im: number];

const times = ([a, b]: Complex, [c, d]: Complex): Complex => [a * c - b * d, a * d + b * c];
const over = ([a, b]: Complex, [c, d]: Complex): Complex => {
  const size = c * c + d * d;
  return [(a * c + b * d) / size, (b * c - a * d) / size];
};

/**
 * Chebyshev type II low-pass of order 7 with 30 dB in the stop band.
 * @param edge of the stop band, as a fraction of the Nyquist frequency.
 */
export function chebyshev(edge: number): RecursiveFilter {
  const order = 7;
  const mu = Math.asinh(Math.sqrt(10 ** 3 - 1)) / order;
  const warp = 4 * Math.tan((Math.PI * edge) / 2);
  const zeros: Complex[] = [];
  const poles: Complex[] = [];
  for (let m = 1 - order; m < order; m += 2) {
    const angle = (Math.PI * m) / (2 * order);
    if (m !== 0) zeros.push([0, warp / Math.sin(angle)]);
    const pole: Complex = [-Math.sinh(mu) * Math.cos(angle), -Math.cosh(mu) * Math.sin(angle)];
    poles.push(over([warp, 0], pole));
  }
  const bilinear = ([re, im]: Complex) => over([4 + re, im], [4 - re, -im]);
  const b = polynomial([...zeros.map(bilinear), [-1, 0]]);
  const a = polynomial(poles.map(bilinear));
  const sum = (values: readonly number[]) => values.reduce((x, y) => x + y);
  const gain = sum(a) / sum(b);
  return { b: b.map((value) => value * gain), a };
}

/** Real coefficients of the monic polynomial with these roots, in pairs of conjugates. */
function polynomial(roots: readonly Complex[]): number[] {
  let coefs: Complex[] = [[1, 0]];
  for (const root of roots) {
    const longer: Complex[] = [...coefs, [0, 0]];
    coefs.forEach((value, i) => {
      const [re, im] = times(value, root);
      longer[i + 1] = [longer[i + 1][0] - re, longer[i + 1][1] - im];
    });
    coefs = longer;
  }
  return coefs.map(([re]) => re);
}
