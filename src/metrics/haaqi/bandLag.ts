/** Alignment within a band: the filters' delays differ between the ears, by level and loss. */
import { FftPlanner } from "../../kernels/fftPlan.ts";
import type { KernelInstance } from "../../kernels/instance.ts";
import { Fft, type HalfSpectrum, halfSpectrum, powerOfTwo } from "../fft.ts";
import { peakLag } from "./peakLag.ts";

/** Most samples that are searched in both directions: 100 ms. */
export const MOST_LAG = 2400;
/** Largest transform, for cache's sake. */
const LARGEST = 16384;
/** Errors of float32 in correlations of signals of energy 1 stay far below half of it. */
const TOLERANCE = 4e-6;

/** Exact correlations come for so many lags at once. */
const LAGS_AT_ONCE = 4;
/** Less energy is silence. */
const LEAST_ENERGY = 1e-60;

/** Pointers to envelope and motion of one ear, floats with silence for {@link MOST_LAG} + 4 samples on both sides; Σ x² of each. */
export interface BandSignals {
  readonly signals: readonly [envelope: number, motion: number];
  readonly energies: readonly [envelope: number, motion: number];
}

/** Finds lags between two ears: coarsely by transforms in float32, exactly by sums in double. */
export class BandLags {
  readonly #kernels: KernelInstance;
  readonly #fft: Fft;
  readonly #plan: number;
  /** Blocks as lanes and their spectra, of both ears; scratch; sums. */
  readonly #areas: readonly number[];
  readonly #sums: number;
  readonly #products: number;

  /** @param capacity samples of the longest signals to come. */
  constructor(kernels: KernelInstance, capacity: number) {
    this.#kernels = kernels;
    const n = Math.min(LARGEST, powerOfTwo(capacity + 2 * Math.min(MOST_LAG, capacity)));
    this.#fft = new Fft(n);
    this.#plan = new FftPlanner(kernels).plan(n);
    this.#areas = Array.from({ length: 4 }, () => kernels.allocate(32 * n));
    this.#sums = kernels.allocate(64 * (n / 2 + 1));
    this.#products = kernels.allocate(8 * LAGS_AT_ONCE);
  }

  /**
   * By how many samples envelope and motion of the second ear come later than those of the first. The largest
   * correlation decides, without means removed; of equal ones the first.
   * @param samples of the signals, at most the capacity.
   */
  find(
    reference: BandSignals,
    processed: BandSignals,
    samples: number,
  ): readonly [envelope: number, motion: number] {
    const lags = Math.min(MOST_LAG, samples);
    const values = this.#coarse(reference, processed, samples, lags);
    const delay = (which: 0 | 1) => {
      // With silence all correlations are 0: the first lag is the best.
      const silent = [reference, processed].some((ear) => ear.energies[which] < LEAST_ENERGY);
      if (silent) return lags - 1;
      return -peakLag({
        first: 1 - lags,
        last: lags,
        coarse: (lag) => values[which][lag + lags],
        tolerance: TOLERANCE,
        exact: this.#exact(reference.signals[which], processed.signals[which], samples),
      });
    };
    return [delay(0), delay(1)];
  }

  /** Correlations in double, a few neighbouring lags at once. */
  #exact(reference: number, processed: number, samples: number): (lag: number) => number {
    const { exports } = this.#kernels;
    const known = new Map<number, readonly number[]>();
    return (lag) => {
      const group = Math.floor(lag / LAGS_AT_ONCE);
      const first = group * LAGS_AT_ONCE;
      let products = known.get(group);
      if (!products) {
        exports.laggedProducts(reference + 4 * first, processed, samples, this.#products);
        products = Array.from(this.#kernels.f64(this.#products, LAGS_AT_ONCE));
        known.set(group, products);
      }
      return products[lag - first];
    };
  }

  /** Correlations of envelopes and motions scaled to energy 1, lag −lags first. */
  #coarse(
    reference: BandSignals,
    processed: BandSignals,
    samples: number,
    lags: number,
  ): readonly [Float64Array, Float64Array] {
    const { exports } = this.#kernels;
    const { n } = this.#fft;
    const [block, spectrum, other, scratch] = this.#areas;
    const step = n - 2 * lags;
    const scales = [reference, processed].map(({ energies }) =>
      energies.map((energy) => (energy < LEAST_ENERGY ? 0 : energy ** -0.5)),
    );
    this.#kernels.f32(this.#sums, 16 * (n / 2 + 1)).fill(0);
    for (let at = 0; at < samples; at += 4 * step) {
      const [pe, pm] = processed.signals;
      exports.gatherBlocks(pe, pm, samples, at, step, step, n, scales[1][0], scales[1][1], block);
      exports.fft(this.#plan, block, scratch, spectrum);
      const [re, rm] = reference.signals;
      exports.gatherBlocks(
        re,
        rm,
        samples,
        at - lags,
        step,
        n,
        n,
        scales[0][0],
        scales[0][1],
        block,
      );
      exports.fft(this.#plan, block, scratch, other);
      exports.addBlockProducts(spectrum, other, n, this.#sums);
    }
    return this.#fft.inverse(this.#sumOfLanes(0), this.#sumOfLanes(1));
  }

  #sumOfLanes(which: 0 | 1): HalfSpectrum {
    const { n } = this.#fft;
    const count = n / 2 + 1;
    const lanes = this.#kernels.f32(this.#sums + 32 * count * which, 8 * count);
    const out = halfSpectrum(n);
    for (let k = 0; k < count; k++) {
      const at = 8 * k;
      out.re[k] = (lanes[at] + lanes[at + 1] + lanes[at + 2] + lanes[at + 3]) / 4;
      out.im[k] = (lanes[at + 4] + lanes[at + 5] + lanes[at + 6] + lanes[at + 7]) / 4;
    }
    return out;
  }
}
