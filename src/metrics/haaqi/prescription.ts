/**
 * NAL-R, the linear prescription of hearing aids (Byrne and Dillon 1986), as a linear-phase filter: what a hearing aid
 * without compression does for an ear.
 */
import { ArgumentError } from "../../errors.ts";
import type { Samples } from "../bss/correlations.ts";
import { Fft, type HalfSpectrum, halfSpectrum, powerOfTwo } from "../fft.ts";
import { earFrequencies, interpolate } from "./audiogram.ts";

/** Points of the response between 0 and half the sample rate. */
const GRID = 513;

/** Offsets of the prescribed gains at {@link earFrequencies}, dB. */
const OFFSETS = [-17, -8, 1, -1, -2, -2];

/**
 * The filter of an ear: `order` + 1 taps with a delay of floor(order / 2) samples. Without any loss a pure delay.
 * @param levels dB HL at {@link earFrequencies}; @param order at most 1022; @param rate Hz.
 */
export function prescriptionFilter(
  levels: ArrayLike<number>,
  order: number,
  rate: number,
): Float64Array {
  if (!Number.isInteger(order) || order < 1 || order > 1022) {
    throw new ArgumentError(`A prescription's filter has an order of 1 to 1022, not ${order}.`);
  }
  const taps = new Float64Array(order + 1);
  if (Math.max(...Array.from(levels)) <= 0) {
    taps[Math.floor(order / 2)] = 1;
    return taps;
  }
  const response = staircase(gains(levels, order, rate), order);
  for (let i = 0; i <= order; i++) {
    const time = i - order / 2;
    let sum = response[0] + response[GRID - 1] * Math.cos(Math.PI * time);
    for (let q = 1; q < GRID - 1; q++)
      sum += 2 * response[q] * Math.cos((Math.PI * q * time) / 512);
    const hamming = 0.54 - 0.46 * Math.cos((2 * Math.PI * i) / order);
    taps[i] = (hamming * sum) / 1024;
  }
  return taps;
}

/** Linear gains at `order` + 1 frequencies from 0 to half the rate. */
function gains(levels: ArrayLike<number>, order: number, rate: number): Float64Array {
  const three = levels[1] + levels[2] + levels[3];
  const common = three <= 180 ? 0.05 * three : 9 + 0.116 * (three - 180);
  const decibels = OFFSETS.map((offset, i) => Math.max(0, common + 0.31 * levels[i] + offset));
  const x = [0, ...earFrequencies, rate / 2];
  const y = [decibels[0], ...decibels, decibels[5]];
  return Float64Array.from(
    { length: order + 1 },
    (_, j) => 10 ** (interpolate(x, y, ((rate / 2) * j) / order) / 20),
  );
}

/** The gains on the grid. Every run begins at its own left value, as in the MATLAB function that the index grew up with. */
function staircase(gain: Float64Array, order: number): Float64Array {
  const response = new Float64Array(GRID);
  let begin = 0;
  for (let j = 0; j < order; j++) {
    const end = Math.floor(((j + 1) / order) * GRID) - 1;
    for (let i = begin; i <= end; i++) {
      const weight = end === begin ? 0 : (i - begin) / (end - begin);
      response[i] = (1 - weight) * gain[j] + weight * gain[j + 1];
    }
    begin = end + 1;
  }
  return response;
}

/** Full convolutions of two signals at once with a filter each; memory is kept from call to call. */
export class PairConvolution {
  readonly #fft: Fft;
  readonly #count: number;
  readonly #filters: readonly [HalfSpectrum, HalfSpectrum];
  readonly #spectra: readonly [HalfSpectrum, HalfSpectrum];

  /** @param taps equally many for both; @param samples of the signals, about: decides how long the transforms are. */
  constructor(taps: readonly [Float64Array, Float64Array], samples: number) {
    this.#count = taps[0].length;
    const n = Math.min(8192, powerOfTwo(samples + this.#count));
    const size = Math.max(n, powerOfTwo(4 * this.#count));
    this.#fft = new Fft(size);
    this.#filters = [halfSpectrum(size), halfSpectrum(size)];
    this.#spectra = [halfSpectrum(size), halfSpectrum(size)];
    this.#fft.forward(taps[0], taps[1], 0, this.#count, ...this.#filters);
  }

  /** @param signals the second one may be shorter, as if zeros followed; @param out taps − 1 samples longer. */
  run(
    [a, shorter]: readonly [ArrayLike<number>, ArrayLike<number>],
    out: readonly [Float64Array, Float64Array],
  ): void {
    const b = shorter.length < a.length ? new Float64Array(a.length) : shorter;
    if (b instanceof Float64Array && b !== shorter) b.set(shorter);
    const size = this.#fft.n;
    const step = size - this.#count + 1;
    for (const own of out) own.fill(0);
    for (let at = 0; at < a.length; at += step) {
      this.#fft.forward(a, b, at, step, ...this.#spectra);
      for (const [c, h] of this.#filters.entries()) multiply(this.#spectra[c], h);
      for (const [c, block] of this.#fft.inverse(...this.#spectra).entries()) {
        const own = out[c];
        const end = Math.min(size, own.length - at);
        for (let i = 0; i < end; i++) own[at + i] += block[i];
      }
    }
  }
}

/** z·h in place. */
function multiply(z: HalfSpectrum, h: HalfSpectrum): void {
  for (let k = 0; k < z.re.length; k++) {
    const re = z.re[k] * h.re[k] - z.im[k] * h.im[k];
    z.im[k] = z.re[k] * h.im[k] + z.im[k] * h.re[k];
    z.re[k] = re;
  }
}

/**
 * Full convolutions of two signals, equally long, with a filter each: samples + taps − 1 samples.
 * @param taps equally many for both.
 */
export function convolvePair(
  signals: readonly [ArrayLike<number>, ArrayLike<number>],
  taps: readonly [Float64Array, Float64Array],
): readonly [Float64Array, Float64Array] {
  const samples = signals[0].length;
  const length = samples + taps[0].length - 1;
  const out = [new Float64Array(length), new Float64Array(length)] as const;
  new PairConvolution(taps, samples).run(signals, out);
  return out;
}

/** Full convolution of one signal. */
export function convolve(signal: Samples, taps: Float64Array): Float64Array {
  const out = new Float64Array(signal.length + taps.length - 1);
  // Two halves as two signals: the second one's begins where the first one's ends.
  const half = Math.ceil(signal.length / 2);
  const [first, second] = convolvePair(
    [signal.subarray(0, half), signal.subarray(half)],
    [taps, taps],
  );
  out.set(first);
  const rest = out.length - half;
  for (let i = 0; i < rest; i++) out[half + i] += second[i];
  return out;
}
