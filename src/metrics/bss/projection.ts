/** Least-squares projections of estimates on filtered references: the filters, and signals through them. */

import { addProduct, Fft, type HalfSpectrum, halfSpectrum, powerOfTwo } from "../fft.ts";
import { solveBlockToeplitz } from "./blockToeplitz.ts";
import type { Correlations, Samples } from "./correlations.ts";

/** `filters[output][input]`: taps of the filter from a reference's channel to a channel of the projection. */
export type Filters = readonly (readonly Float64Array[])[];

/**
 * The filters that bring the references closest to the estimates.
 * @param inputs numbers of the reference channels that may be used; @param outputs numbers of the estimates' channels.
 */
export function projectionFilters(
  correlations: Correlations,
  inputs: readonly number[],
  outputs: readonly number[],
): Filters {
  const { taps, references, estimates } = correlations;
  const system = {
    n: taps,
    m: inputs.length,
    lags: inputs.map((i) => inputs.map((j) => references[i][j])),
  };
  const right = outputs.map((e) => inputs.map((i) => estimates[i][e]));
  return solveBlockToeplitz(system, right);
}

/** Filters a stretch of the references by any number of filter sets; each set has two outputs at a time. */
export class Projector {
  readonly #fft: Fft;
  readonly #taps: number;
  readonly #step: number;
  readonly #sets: readonly PreparedSet[];
  readonly #inputs: readonly HalfSpectrum[];

  /**
   * @param sets filters, and for each of their inputs the number of the reference channel.
   * @param longest samples of the longest stretch.
   */
  constructor(
    sets: readonly { readonly filters: Filters; readonly inputs: readonly number[] }[],
    channels: number,
    taps: number,
    longest: number,
  ) {
    const n = Math.max(powerOfTwo(2 * taps), Math.min(8192, powerOfTwo(longest + taps - 1)));
    this.#fft = new Fft(n);
    this.#taps = taps;
    this.#step = n - taps + 1;
    this.#inputs = Array.from({ length: channels }, () => halfSpectrum(n));
    this.#sets = sets.map(({ filters, inputs }) => ({
      inputs,
      spectra: filters.map((row) =>
        row.map((filter) => {
          const spectrum = halfSpectrum(n);
          this.#fft.forward(filter, filter, 0, taps, spectrum, halfSpectrum(n));
          return spectrum;
        }),
      ),
      sums: [halfSpectrum(n), halfSpectrum(n)],
    }));
  }

  /**
   * The outputs of every set for samples `from … from+count` of the references, zeros before and after them:
   * `count + taps − 1` samples each.
   */
  project(references: readonly Samples[], from: number, count: number): Float64Array[][] {
    const length = count + this.#taps - 1;
    const out = this.#sets.map(({ spectra }) => spectra.map(() => new Float64Array(length)));
    for (let start = 0; start < count; start += this.#step) {
      const size = Math.min(this.#step, count - start);
      for (let i = 0; i < references.length; i += 2) {
        const j = Math.min(i + 1, references.length - 1);
        const [a, b] = [references[i], references[j]];
        this.#fft.forward(a, b, from + start, size, this.#inputs[i], this.#inputs[j]);
      }
      const fits = Math.min(this.#fft.n, length - start);
      this.#sets.forEach((set, s) => {
        for (let o = 0; o < set.spectra.length; o += 2) {
          const pair = Math.min(2, set.spectra.length - o);
          for (let c = 0; c < 2; c++) {
            const sum = set.sums[c];
            sum.re.fill(0);
            sum.im.fill(0);
            if (c >= pair) continue;
            set.inputs.forEach((input, i) => {
              addProduct(this.#inputs[input], set.spectra[o + c][i], sum);
            });
          }
          const signals = this.#fft.inverse(set.sums[0], set.sums[1]);
          for (let c = 0; c < pair; c++) addTo(out[s][o + c], start, signals[c], fits);
        }
      });
    }
    return out;
  }
}

interface PreparedSet {
  readonly inputs: readonly number[];
  readonly spectra: readonly (readonly HalfSpectrum[])[];
  readonly sums: readonly [HalfSpectrum, HalfSpectrum];
}

function addTo(target: Float64Array, at: number, signal: Float64Array, count: number): void {
  for (let i = 0; i < count; i++) target[at + i] += signal[i];
}
