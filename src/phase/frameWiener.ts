/**
 * Expectation maximisation on frames of a short-time transform, any number of sources and iterations, in double
 * (docs/mathematics.md, 7.3).
 *
 * An iteration needs sums over all frames of a window; between these, frames are independent. So nothing but sums and the
 * models made of them is kept: the estimates of an iteration are computed again from masks and mixture when they are needed.
 * The coefficients are not scaled as in the original; all but ε and ρ is homogeneous, so these are scaled instead.
 */
import type { KernelInstance } from "../kernels/instance.ts";
import type { FrameEm } from "./frameSettings.ts";

/** Planes of doubles for each source: a, d, Re b, Im b of the covariance [[a, b], [b*, d]] in every bin. */
const COVARIANCE = 4;

/** Bytes that the kernels work in, for each source. */
const WORK = 80;

/** The covariances of one iteration in a window. */
export interface FrameModel {
  /** {@link COVARIANCE} planes for each source, of the bins and perhaps one more. */
  readonly covariances: Float64Array;
  /** ρ, scaled. */
  readonly rho: number;
}

/** Frames at hand, where they lie in the kernels' memory. */
export interface MaskedFrames {
  readonly frames: number;
  /** Frames of re and im of the left channel, then of the right. */
  readonly spectra: number;
  /** For each source [frames, 2, bins]. */
  readonly masks: readonly number[];
}

export class FrameWiener {
  readonly #kernels: KernelInstance;
  readonly #sources: number;
  readonly #bins: number;
  /** Addresses for the kernels: mixture and masks; estimates. */
  readonly #given: number;
  readonly #out: number;
  readonly #work: number;
  readonly #sums: number;
  /** Addresses of models and of their ρ; room for the models themselves. */
  readonly #models: number;
  readonly #room: readonly { readonly covariances: number; readonly rho: number }[];

  /**
   * @param sources stems, the residual among them
   * @param iterations at most
   */
  constructor(kernels: KernelInstance, sources: number, bins: number, iterations: number) {
    this.#kernels = kernels;
    this.#sources = sources;
    this.#bins = bins;
    this.#given = kernels.allocate(4 * (sources + 1));
    this.#out = kernels.allocate(4 * sources);
    this.#work = kernels.allocate(WORK * sources);
    const bytes = 8 * this.#size;
    this.#sums = kernels.allocate(bytes);
    this.#models = kernels.allocate(8 * iterations);
    this.#room = Array.from({ length: iterations }, () => ({
      covariances: kernels.allocate(bytes),
      rho: kernels.allocate(8),
    }));
    const places = this.#room.flatMap(({ covariances, rho }) => [covariances, rho]);
    kernels.i32(this.#models, places.length).set(places);
  }

  get #size(): number {
    return COVARIANCE * this.#sources * 2 * Math.ceil(this.#bins / 2);
  }

  /**
   * Σ y yᴴ of every bin and source over frames, in planes as those of a model.
   * @param models of the iterations before
   */
  measure(given: MaskedFrames, models: readonly FrameModel[]): Float64Array {
    this.#take(given, models);
    const { exports } = this.#kernels;
    this.#kernels.f64(this.#sums, this.#size).fill(0);
    exports.frameStatistics(
      this.#given,
      given.frames,
      this.#bins,
      this.#sources,
      this.#models,
      models.length,
      this.#work,
      this.#sums,
    );
    return this.#kernels.f64(this.#sums, this.#size).slice();
  }

  /**
   * Estimates of all sources, a few frames at a time.
   * @param models of all iterations; without any the first estimates
   * @param out where each source's next frames go, planar as those of the mixture, `step` frames at most
   * @param each is told the first frame and the number of those that have just been written
   */
  filter(
    given: MaskedFrames,
    models: readonly FrameModel[],
    step: number,
    out: readonly number[],
    each: (first: number, count: number) => void,
  ): void {
    this.#take(given, models);
    this.#kernels.i32(this.#out, out.length).set(out);
    for (let first = 0; first < given.frames; first += step) {
      const count = Math.min(step, given.frames - first);
      this.#kernels.exports.frameFilter(
        this.#given,
        first,
        count,
        this.#bins,
        this.#sources,
        this.#models,
        models.length,
        this.#work,
        this.#out,
      );
      each(first, count);
    }
  }

  #take({ spectra, masks }: MaskedFrames, models: readonly FrameModel[]): void {
    this.#kernels.i32(this.#given, masks.length + 1).set([spectra, ...masks]);
    for (const [i, { covariances, rho }] of models.entries()) {
      const place = this.#room[i];
      this.#kernels.f64(place.covariances, this.#size).set(covariances);
      this.#kernels.f64(place.rho, 1)[0] = rho;
    }
  }
}

/** The model of sums over a whole window, of which `peak` is the largest |x|². */
export function frameModel(
  sums: Float64Array,
  sources: number,
  peak: number,
  { epsilon }: FrameEm,
): FrameModel {
  const scale = Math.max(1, peak / 100);
  const covariances = new Float64Array(sums.length);
  const plane = sums.length / sources / COVARIANCE;
  for (let j = 0; j < sources; j++) {
    const from = j * COVARIANCE * plane;
    for (let bin = from; bin < from + plane; bin++) {
      const weight = 1 / (epsilon * scale + (sums[bin] + sums[bin + plane]) / 2);
      for (let part = 0; part < COVARIANCE; part++) {
        covariances[bin + part * plane] = sums[bin + part * plane] * weight;
      }
    }
  }
  return { covariances, rho: Math.sqrt(epsilon) * scale };
}
