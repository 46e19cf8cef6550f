/** Plans of the lane FFT: factors, twiddles and tables for any length, written into the kernels' memory. */
import { ArgumentError } from "../errors.ts";
import type { KernelInstance } from "./instance.ts";

/** Byte offset of a plan in the kernels' memory. */
export type FftPlan = number & { readonly __brand: "FftPlan" };

/** Primes above this go through Bluestein's convolution; below, the direct butterfly is faster and as exact. */
const LARGEST_BUTTERFLY = 89;

const STAGE_WORDS = 6;

/** Radices of a length, in the order of the stages: fours first, large primes last. */
export function fftRadices(n: number): number[] {
  const radices: number[] = [];
  let rest = n;
  while (rest % 4 === 0) {
    radices.push(4);
    rest /= 4;
  }
  for (let p = 2; p * p <= rest; p++) {
    while (rest % p === 0) {
      radices.push(p);
      rest /= p;
    }
  }
  if (rest > 1) radices.push(rest);
  return radices;
}

/** Smallest 2^a·3^b·5^c that is at least n. */
function smoothLength(n: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let five = 1; five < best; five *= 5) {
    for (let three = five; three < best; three *= 3) {
      let length = three;
      while (length < n) length *= 2;
      best = Math.min(best, length);
    }
  }
  return best;
}

/** Writes plans into one instance's memory, each length once. */
export class FftPlanner {
  readonly #kernels: KernelInstance;
  readonly #plans = new Map<number, FftPlan>();

  constructor(kernels: KernelInstance) {
    this.#kernels = kernels;
  }

  /**
   * Plan of the DFT of length n ≥ 1.
   * @throws {ArgumentError} if n is not a positive integer.
   */
  plan(n: number): FftPlan {
    if (!Number.isInteger(n) || n < 1) {
      throw new ArgumentError(`An FFT needs a positive whole length, not ${n}.`);
    }
    const known = this.#plans.get(n);
    if (known !== undefined) return known;
    const radices = fftRadices(n);
    const pointer = this.#kernels.allocate(8 + radices.length * STAGE_WORDS * 4) as FftPlan;
    const words: number[] = [n, radices.length];
    let m = n;
    let s = 1;
    for (const radix of radices) {
      m /= radix;
      const bluestein = radix > LARGEST_BUTTERFLY;
      const table = bluestein ? this.#bluesteinTable(radix) : radix > 5 ? this.#oddTable(radix) : 0;
      words.push(radix, m, s, this.#twiddles(radix, m), table, bluestein ? 1 : 0);
      s *= radix;
    }
    this.#kernels.i32(pointer, words.length).set(words);
    this.#plans.set(n, pointer);
    return pointer;
  }

  /** w_{r·m}^{pk}, p-major, k = 1..r−1. */
  #twiddles(radix: number, m: number): number {
    const pointer = this.#kernels.allocate((radix - 1) * m * 8);
    const out = this.#kernels.f32(pointer, (radix - 1) * m * 2);
    let at = 0;
    for (let p = 0; p < m; p++) {
      for (let k = 1; k < radix; k++) {
        const angle = (-2 * Math.PI * ((p * k) % (radix * m))) / (radix * m);
        out[at++] = Math.cos(angle);
        out[at++] = Math.sin(angle);
      }
    }
    return pointer;
  }

  /** Work area, then (cos, sin) of 2πjk/r for k, j = 1..(r−1)/2. */
  #oddTable(radix: number): number {
    const h = (radix - 1) / 2;
    const pointer = this.#kernels.allocate(h * 64 + h * h * 8);
    const out = this.#kernels.f32(pointer + h * 64, h * h * 2);
    let at = 0;
    for (let k = 1; k <= h; k++) {
      for (let j = 1; j <= h; j++) {
        const angle = (2 * Math.PI * ((j * k) % radix)) / radix;
        out[at++] = Math.cos(angle);
        out[at++] = Math.sin(angle);
      }
    }
    return pointer;
  }

  #bluesteinTable(radix: number): number {
    const length = smoothLength(2 * radix - 1);
    const plan = this.plan(length);
    const chirp = this.#kernels.allocate(radix * 8);
    const filter = this.#kernels.allocate(length * 8);
    const areas = [0, 1, 2].map(() => this.#kernels.allocate(length * 32));
    const pointer = this.#kernels.allocate(28);
    const c = this.#kernels.f32(chirp, radix * 2);
    const re = new Float64Array(length);
    const im = new Float64Array(length);
    for (let j = 0; j < radix; j++) {
      // j² mod 2r keeps the angle exact for large j.
      const angle = (Math.PI * ((j * j) % (2 * radix))) / radix;
      c[2 * j] = Math.cos(angle);
      c[2 * j + 1] = -Math.sin(angle);
      re[j] = Math.cos(angle);
      im[j] = Math.sin(angle);
      if (j > 0) {
        re[length - j] = re[j];
        im[length - j] = im[j];
      }
    }
    const spectrum = smoothDft(re, im);
    const f = this.#kernels.f32(filter, length * 2);
    for (let i = 0; i < length; i++) {
      f[2 * i] = spectrum.re[i] / length;
      f[2 * i + 1] = spectrum.im[i] / length;
    }
    this.#kernels.i32(pointer, 7).set([plan, length, chirp, filter, ...areas]);
    return pointer;
  }
}

/** DFT in double of any smooth length by recursive decimation in time (planning only). */
export function smoothDft(
  re: Float64Array,
  im: Float64Array,
): { readonly re: Float64Array; readonly im: Float64Array } {
  const n = re.length;
  const outRe = new Float64Array(n);
  const outIm = new Float64Array(n);
  const radix = fftRadices(n).at(-1) ?? 1;
  if (radix === 1) return { re: re.slice(), im: im.slice() };
  const m = n / radix;
  const parts = Array.from({ length: radix }, (_, j) => {
    const partRe = new Float64Array(m);
    const partIm = new Float64Array(m);
    for (let i = 0; i < m; i++) {
      partRe[i] = re[i * radix + j];
      partIm[i] = im[i * radix + j];
    }
    return smoothDft(partRe, partIm);
  });
  for (let k = 0; k < n; k++) {
    for (let j = 0; j < radix; j++) {
      const angle = (-2 * Math.PI * ((j * k) % n)) / n;
      const cos = Math.cos(angle);
      const sin = Math.sin(angle);
      const a = parts[j].re[k % m];
      const b = parts[j].im[k % m];
      outRe[k] += a * cos - b * sin;
      outIm[k] += a * sin + b * cos;
    }
  }
  return { re: outRe, im: outIm };
}
