/** The short-time Fourier transform of any window, as a rival of the sliCQT; its inverse is the least-squares one. */
import { ArgumentError } from "../../errors.ts";
import { Fft, halfSpectrum, powerOfTwo } from "../../metrics/fft.ts";
import type { Coefficients } from "../../transforms/slicqt/index.ts";

export const stftWindows = ["hann", "hamming", "blackman", "sine", "rectangular"] as const;

export type StftWindow = (typeof stftWindows)[number];

/** Periodic windows by the phase 2πn/length. */
const WINDOW: Readonly<Record<StftWindow, (phase: number) => number>> = {
  hann: (p) => 0.5 - 0.5 * Math.cos(p),
  hamming: (p) => 0.54 - 0.46 * Math.cos(p),
  blackman: (p) => 0.42 - 0.5 * Math.cos(p) + 0.08 * Math.cos(2 * p),
  sine: (p) => Math.sin(p / 2),
  rectangular: () => 1,
};

/** Frame τ is centred on sample τ·hop; beyond the signal's ends there is silence. Two frames make one "slice". */
export class Stft {
  readonly block: { readonly bins: number; readonly coefs: number };
  readonly #hop: number;
  readonly #window: Float64Array;
  readonly #fft: Fft;

  /**
   * @param length of the window in samples, a power of two from 16 to 65536; @param hop at most length/2.
   * @throws ArgumentError if one of them is out of range.
   */
  constructor(length: number, hop: number, window: StftWindow) {
    if (!(length >= 16 && length <= 65536) || powerOfTwo(length) !== length) {
      throw new ArgumentError(
        `The window of an STFT must have a power of two of samples, 16 to 65536, not ${length}.`,
      );
    }
    if (!Number.isInteger(hop) || hop < 1 || hop > length / 2) {
      throw new ArgumentError(
        `The hop of an STFT of ${length} samples must be 1 to ${length / 2}, not ${hop}.`,
      );
    }
    this.#hop = hop;
    this.#window = Float64Array.from({ length }, (_, i) =>
      WINDOW[window]((2 * Math.PI * i) / length),
    );
    this.#fft = new Fft(length);
    this.block = { bins: length / 2 + 1, coefs: 2 };
  }

  analyse(channels: readonly Float32Array[]): Coefficients {
    const { bins } = this.block;
    const slices = Math.ceil((Math.floor(channels[0].length / this.#hop) + 1) / 2);
    const frames = 2 * slices;
    const length = this.#window.length;
    const block = new Float32Array(channels.length * bins * frames * 2);
    const [a, b] = [new Float64Array(length), new Float64Array(length)];
    const [A, B] = [halfSpectrum(length), halfSpectrum(length)];
    channels.forEach((signal, c) => {
      // Two frames at a time, as real and imaginary part.
      for (let frame = 0; frame < frames; frame += 2) {
        this.#cut(signal, frame, a);
        this.#cut(signal, frame + 1, b);
        this.#fft.forward(a, b, 0, length, A, B);
        for (let f = 0; f < bins; f++) {
          const at = 2 * ((c * bins + f) * frames + frame);
          block[at] = A.re[f];
          block[at + 1] = A.im[f];
          block[at + 2] = B.re[f];
          block[at + 3] = B.im[f];
        }
      }
    });
    return { channels: channels.length, slices, blocks: [block] };
  }

  synthesise({ channels, slices, blocks }: Coefficients, samples: number): Float32Array[] {
    const { bins } = this.block;
    const [block] = blocks;
    const frames = 2 * slices;
    const length = this.#window.length;
    const [A, B] = [halfSpectrum(length), halfSpectrum(length)];
    const weights = new Float64Array(samples);
    for (let frame = 0; frame < frames; frame++) this.#add(weights, frame, this.#window);
    return Array.from({ length: channels }, (_, c) => {
      const sum = new Float64Array(samples);
      for (let frame = 0; frame < frames; frame += 2) {
        for (let f = 0; f < bins; f++) {
          const at = 2 * ((c * bins + f) * frames + frame);
          A.re[f] = block[at];
          A.im[f] = block[at + 1];
          B.re[f] = block[at + 2];
          B.im[f] = block[at + 3];
        }
        const [a, b] = this.#fft.inverse(A, B);
        this.#add(sum, frame, a);
        this.#add(sum, frame + 1, b);
      }
      return Float32Array.from(sum, (x, i) => x / weights[i]);
    });
  }

  #cut(signal: Float32Array, frame: number, out: Float64Array): void {
    const start = frame * this.#hop - out.length / 2;
    for (let i = 0; i < out.length; i++) {
      const at = start + i;
      out[i] = at >= 0 && at < signal.length ? signal[at] * this.#window[i] : 0;
    }
  }

  /** sum += window · frame, at the frame's place. */
  #add(sum: Float64Array, frame: number, samples: Float64Array): void {
    const start = frame * this.#hop - samples.length / 2;
    const first = Math.max(0, -start);
    const end = Math.min(samples.length, sum.length - start);
    for (let i = first; i < end; i++) sum[start + i] += samples[i] * this.#window[i];
  }
}
