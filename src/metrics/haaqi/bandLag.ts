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

/** Pointers to envelope and motion of one ear. */
export type BandPointers = readonly [envelope: number, motion: number];

/** Finds lags between two ears: coarsely by transforms in float32, exactly by sums in double. */
export class BandLags {
  readonly #kernels: KernelInstance;
  readonly #fft: Fft;
  readonly #plan: number;
  /** Blocks as lanes and their spectra, of both ears; scratch; sums. */
  readonly #areas: readonly number[];
  readonly #sums: number;

  /** @param capacity samples of the longest signals to come. */
  constructor(kernels: KernelInstance, capacity: number) {
    this.#kernels = kernels;
    const n = Math.min(LARGEST, powerOfTwo(capacity + 2 * Math.min(MOST_LAG, capacity)));
    this.#fft = new Fft(n);
    this.#plan = new FftPlanner(kernels).plan(n);
    this.#areas = Array.from({ length: 4 }, () => kernels.allocate(32 * n));
    this.#sums = kernels.allocate(64 * (n / 2 + 1));
  }

  /**
   * By how many samples envelope and motion of the second ear come later than those of the first. The largest
   * correlation decides, without means removed; of equal ones the first.
   * @param samples of the signals, at most the capacity.
   */
  find(
    reference: BandPointers,
    processed: BandPointers,
    samples: number,
  ): readonly [envelope: number, motion: number] {
    const { exports } = this.#kernels;
    const lags = Math.min(MOST_LAG, samples);
    const energies = [reference, processed].map((ear) =>
      ear.map((pointer) => exports.laggedProduct(pointer, pointer, samples)),
    );
    const values = this.#coarse(reference, processed, samples, lags, energies);
    const delay = (which: 0 | 1) => {
      // With silence all correlations are 0: the first lag is the best.
      if (energies.some((ear) => ear[which] === 0)) return lags - 1;
      return -peakLag({
        first: 1 - lags,
        last: lags,
        coarse: (lag) => values[which][lag + lags],
        tolerance: TOLERANCE,
        exact: (lag) =>
          exports.laggedProduct(
            reference[which] + 8 * Math.max(0, lag),
            processed[which] + 8 * Math.max(0, -lag),
            samples - Math.abs(lag),
          ),
      });
    };
    return [delay(0), delay(1)];
  }

  /** Correlations of envelopes and motions scaled to energy 1, lag −lags first. */
  #coarse(
    reference: BandPointers,
    processed: BandPointers,
    samples: number,
    lags: number,
    energies: readonly (readonly number[])[],
  ): readonly [Float64Array, Float64Array] {
    const { exports } = this.#kernels;
    const { n } = this.#fft;
    const [block, spectrum, other, scratch] = this.#areas;
    const step = n - 2 * lags;
    const scales = energies.map((ear) => ear.map((energy) => (energy > 0 ? energy ** -0.5 : 0)));
    this.#kernels.f32(this.#sums, 16 * (n / 2 + 1)).fill(0);
    for (let at = 0; at < samples; at += 4 * step) {
      const [pe, pm] = processed;
      exports.gatherBlocks(pe, pm, samples, at, step, step, n, scales[1][0], scales[1][1], block);
      exports.fft(this.#plan, block, scratch, spectrum);
      const [re, rm] = reference;
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
