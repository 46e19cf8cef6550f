/** Alignment within a band: the filters' delays differ between the ears, by level and loss. */
import { addConjugateProduct, Fft, halfSpectrum, powerOfTwo } from "../fft.ts";
import { peakLag } from "./peakLag.ts";

/** Most samples that are searched in both directions: 100 ms. */
export const MOST_LAG = 2400;

/** Envelope and motion of one ear. */
export type Band = readonly [envelope: Float64Array, motion: Float64Array];

/** Finds lags of pairs of signals of one length. */
export class BandLags {
  readonly #samples: number;
  readonly #lags: number;
  readonly #fft: Fft;

  constructor(samples: number) {
    this.#samples = samples;
    this.#lags = Math.min(MOST_LAG, samples);
    this.#fft = new Fft(Math.min(16384, powerOfTwo(samples + 2 * this.#lags)));
  }

  /**
   * By how many samples envelope and motion of the second ear come later than those of the first. The largest
   * correlation decides, without means removed; of equal ones the first.
   * @param exact Σ r[n+lag]·p[n] of the envelopes (0) or the motions (1).
   */
  find(
    reference: Band,
    processed: Band,
    exact: (which: 0 | 1, lag: number) => number,
  ): readonly [number, number] {
    const { n } = this.#fft;
    const lags = this.#lags;
    const step = n - 2 * lags;
    const [pe, pm, re, rm, envelopes, motions] = Array.from({ length: 6 }, () => halfSpectrum(n));
    for (let at = 0; at < this.#samples; at += step) {
      this.#fft.forward(processed[0], processed[1], at, step, pe, pm);
      this.#fft.forward(reference[0], reference[1], at - lags, n, re, rm);
      addConjugateProduct(pe, re, envelopes);
      addConjugateProduct(pm, rm, motions);
    }
    const values = this.#fft.inverse(envelopes, motions);
    const delay = (which: 0 | 1) => {
      const energy = Math.sqrt(energyOf(reference[which]) * energyOf(processed[which]));
      return -peakLag({
        first: 1 - lags,
        last: lags,
        coarse: (lag) => values[which][lag + lags],
        tolerance: 1e-12 * energy,
        exact: (lag) => exact(which, lag),
      });
    };
    return [delay(0), delay(1)];
  }
}

function energyOf(x: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * x[i];
  return sum;
}
