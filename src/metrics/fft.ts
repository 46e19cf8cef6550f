/**
 * Fourier transforms in double precision, lengths a power of two. Scores ask for more digits than the kernels' float32.
 *
 * Real signals go through in pairs, one as the real and one as the imaginary part.
 */
import { ArgumentError } from "../errors.ts";

/** Bins 0 … n/2 of a real signal of length n. */
export interface HalfSpectrum {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** Zeros for a real signal of length n. */
export function halfSpectrum(n: number): HalfSpectrum {
  return { re: new Float64Array(n / 2 + 1), im: new Float64Array(n / 2 + 1) };
}

/** The least power of two that is not below `n`. */
export function powerOfTwo(n: number): number {
  let power = 1;
  while (power < n) power *= 2;
  return power;
}

/** Plan and work space for one length: Stockham's radix-4 steps, a radix-2 step first where one is needed. */
export class Fft {
  readonly n: number;
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  readonly #re: Float64Array;
  readonly #im: Float64Array;
  readonly #re2: Float64Array;
  readonly #im2: Float64Array;

  /** @param n a power of two, at least 2. */
  constructor(n: number) {
    if (n < 2 || powerOfTwo(n) !== n) {
      throw new ArgumentError(`An FFT needs a length that is a power of two, not ${n}.`);
    }
    this.n = n;
    this.#cos = Float64Array.from({ length: n }, (_, k) => Math.cos((2 * Math.PI * k) / n));
    this.#sin = Float64Array.from({ length: n }, (_, k) => Math.sin((2 * Math.PI * k) / n));
    this.#re = new Float64Array(n);
    this.#im = new Float64Array(n);
    this.#re2 = new Float64Array(n);
    this.#im2 = new Float64Array(n);
  }

  /**
   * Spectra of two real signals, Σ x[t]·e^{−2πi·kt/n}. Samples `from … from+count` of each are taken and followed by
   * zeros; where `from` is negative or the signal ends early, zeros stand in.
   */
  forward(
    a: ArrayLike<number>,
    b: ArrayLike<number>,
    from: number,
    count: number,
    outA: HalfSpectrum,
    outB: HalfSpectrum,
  ): void {
    const { n } = this;
    const [re, im] = [this.#re, this.#im];
    const first = Math.max(0, -from);
    const end = Math.max(first, Math.min(count, a.length - from));
    re.fill(0);
    im.fill(0);
    for (let i = first; i < end; i++) {
      re[i] = a[from + i];
      im[i] = b[from + i];
    }
    const [zr, zi] = this.#transform();
    for (let k = 0; k <= n / 2; k++) {
      const m = (n - k) & (n - 1);
      outA.re[k] = 0.5 * (zr[k] + zr[m]);
      outA.im[k] = 0.5 * (zi[k] - zi[m]);
      outB.re[k] = 0.5 * (zi[k] + zi[m]);
      outB.im[k] = 0.5 * (zr[m] - zr[k]);
    }
  }

  /** The two real signals of two half spectra, with the factor 1/n. Valid until the next call. */
  inverse(a: HalfSpectrum, b: HalfSpectrum): readonly [Float64Array, Float64Array] {
    const { n } = this;
    const [re, im] = [this.#re, this.#im];
    const scale = 1 / n;
    // The inverse of z is the conjugate of the forward transform of its conjugate: z = A + iB is given conjugated.
    for (let k = 0; k <= n / 2; k++) {
      re[k] = scale * (a.re[k] - b.im[k]);
      im[k] = -scale * (a.im[k] + b.re[k]);
    }
    for (let k = n / 2 + 1; k < n; k++) {
      const m = n - k;
      re[k] = scale * (a.re[m] + b.im[m]);
      im[k] = -scale * (b.re[m] - a.im[m]);
    }
    const [zr, zi] = this.#transform();
    for (let i = 0; i < n; i++) zi[i] = -zi[i];
    return [zr, zi];
  }

  /** Transforms the work space; the answer lies in one of its two halves. */
  #transform(): readonly [Float64Array, Float64Array] {
    const { n } = this;
    let [xr, xi, yr, yi] = [this.#re, this.#im, this.#re2, this.#im2];
    // `length` is that of the transforms still to do, `stride` how many of them are interleaved.
    let length = n;
    let stride = 1;
    if (Math.log2(n) % 2 === 1) {
      this.#step2(xr, xi, yr, yi);
      [xr, xi, yr, yi] = [yr, yi, xr, xi];
      length = n / 2;
      stride = 2;
    }
    for (; length > 1; length /= 4, stride *= 4) {
      this.#step4(xr, xi, yr, yi, length, stride);
      [xr, xi, yr, yi] = [yr, yi, xr, xi];
    }
    return [xr, xi];
  }

  #step2(xr: Float64Array, xi: Float64Array, yr: Float64Array, yi: Float64Array): void {
    const [cos, sin] = [this.#cos, this.#sin];
    const half = this.n / 2;
    for (let p = 0; p < half; p++) {
      const dr = xr[p] - xr[p + half];
      const di = xi[p] - xi[p + half];
      yr[2 * p] = xr[p] + xr[p + half];
      yi[2 * p] = xi[p] + xi[p + half];
      yr[2 * p + 1] = dr * cos[p] + di * sin[p];
      yi[2 * p + 1] = di * cos[p] - dr * sin[p];
    }
  }

  #step4(
    xr: Float64Array,
    xi: Float64Array,
    yr: Float64Array,
    yi: Float64Array,
    length: number,
    stride: number,
  ): void {
    const [cos, sin] = [this.#cos, this.#sin];
    const quarter = length / 4;
    const span = stride * quarter;
    for (let p = 0; p < quarter; p++) {
      const t = p * stride;
      const c1 = cos[t];
      const s1 = sin[t];
      const c2 = cos[2 * t];
      const s2 = sin[2 * t];
      const c3 = cos[3 * t];
      const s3 = sin[3 * t];
      for (let q = 0; q < stride; q++) {
        const i = q + stride * p;
        const o = q + 4 * stride * p;
        const er = xr[i] + xr[i + 2 * span];
        const ei = xi[i] + xi[i + 2 * span];
        const fr = xr[i] - xr[i + 2 * span];
        const fi = xi[i] - xi[i + 2 * span];
        const gr = xr[i + span] + xr[i + 3 * span];
        const gi = xi[i + span] + xi[i + 3 * span];
        const hr = xr[i + span] - xr[i + 3 * span];
        const hi = xi[i + span] - xi[i + 3 * span];
        yr[o] = er + gr;
        yi[o] = ei + gi;
        const ur = fr + hi;
        const ui = fi - hr;
        yr[o + stride] = ur * c1 + ui * s1;
        yi[o + stride] = ui * c1 - ur * s1;
        const vr = er - gr;
        const vi = ei - gi;
        yr[o + 2 * stride] = vr * c2 + vi * s2;
        yi[o + 2 * stride] = vi * c2 - vr * s2;
        const wr = fr - hi;
        const wi = fi + hr;
        yr[o + 3 * stride] = wr * c3 + wi * s3;
        yi[o + 3 * stride] = wi * c3 - wr * s3;
      }
    }
  }
}

/** sum += conj(a)·b. */
export function addConjugateProduct(a: HalfSpectrum, b: HalfSpectrum, sum: HalfSpectrum): void {
  const { re: ar, im: ai } = a;
  const { re: br, im: bi } = b;
  const { re, im } = sum;
  for (let k = 0; k < re.length; k++) {
    re[k] += ar[k] * br[k] + ai[k] * bi[k];
    im[k] += ar[k] * bi[k] - ai[k] * br[k];
  }
}

/** sum += a·b. */
export function addProduct(a: HalfSpectrum, b: HalfSpectrum, sum: HalfSpectrum): void {
  const { re: ar, im: ai } = a;
  const { re: br, im: bi } = b;
  const { re, im } = sum;
  for (let k = 0; k < re.length; k++) {
    re[k] += ar[k] * br[k] - ai[k] * bi[k];
    im[k] += ar[k] * bi[k] + ai[k] * br[k];
  }
}
