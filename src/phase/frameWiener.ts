/**
 * Expectation maximisation on frames of a short-time transform, any number of sources and iterations, in double
 * (docs/mathematics.md, 7.3).
 *
 * An iteration needs sums over all frames of a window; between these, frames are independent. So nothing but sums and the
 * models made of them is kept: the estimates of an iteration are computed again from masks and mixture when they are needed.
 * The coefficients are not scaled as in the original; all but ε and ρ is homogeneous, so these are scaled instead.
 */
import type { FrameEm } from "./frameSettings.ts";

/** Doubles that a model keeps of each source in a bin: a, d, Re b, Im b of the covariance [[a, b], [b*, d]]. */
const COVARIANCE = 4;

/** Doubles of a source's estimate: re and im, left and right. */
const STEREO = 4;

/** The covariances of one iteration in a window. */
export interface FrameModel {
  /** {@link COVARIANCE} doubles for each bin and source. */
  readonly covariances: Float64Array;
  /** ρ, scaled. */
  readonly rho: number;
}

/** Frames at hand: their mixture and the masks of all sources. */
export interface MaskedFrames {
  readonly frames: number;
  /** Frames of re and im of the left channel, then of the right. */
  readonly spectra: Float32Array;
  /** For each source [frames, 2, bins]. */
  readonly masks: readonly Float32Array[];
}

/** Largest |x|² of spectra. */
export function peakOf(spectra: Float32Array, bins: number): number {
  let peak = 0;
  for (let at = 0; at < spectra.length; at += 2 * bins) {
    for (let i = at; i < at + bins; i++) {
      peak = Math.max(peak, spectra[i] * spectra[i] + spectra[i + bins] * spectra[i + bins]);
    }
  }
  return peak;
}

export class FrameWiener {
  readonly #sources: number;
  readonly #bins: number;
  /** Of the frame and bin at work: estimates and powers. */
  readonly #estimates: Float64Array;
  readonly #powers: Float64Array;

  /** @param sources stems, the residual among them */
  constructor(sources: number, bins: number) {
    this.#sources = sources;
    this.#bins = bins;
    this.#estimates = new Float64Array(STEREO * sources);
    this.#powers = new Float64Array(sources);
  }

  /** Sums of a window, all zero. */
  sums(): Float64Array {
    return new Float64Array(COVARIANCE * this.#sources * this.#bins);
  }

  /**
   * Adds Σ y yᴴ of every bin and source to sums.
   * @param models of the iterations before
   */
  measure(given: MaskedFrames, models: readonly FrameModel[], sums: Float64Array): void {
    const y = this.#estimates;
    for (let frame = 0; frame < given.frames; frame++) {
      let at = 0;
      for (let bin = 0; bin < this.#bins; bin++) {
        this.#estimate(given, frame, bin, models);
        for (let j = 0; j < y.length; j += STEREO, at += COVARIANCE) {
          sums[at] += y[j] * y[j] + y[j + 1] * y[j + 1];
          sums[at + 1] += y[j + 2] * y[j + 2] + y[j + 3] * y[j + 3];
          sums[at + 2] += y[j] * y[j + 2] + y[j + 1] * y[j + 3];
          sums[at + 3] += y[j + 1] * y[j + 2] - y[j] * y[j + 3];
        }
      }
    }
  }

  /** The model of sums over a whole window, of which `peak` is the largest |x|². */
  model(sums: Float64Array, peak: number, { epsilon }: FrameEm): FrameModel {
    const scale = Math.max(1, peak / 100);
    const covariances = new Float64Array(sums.length);
    for (let at = 0; at < sums.length; at += COVARIANCE) {
      const weight = 1 / (epsilon * scale + (sums[at] + sums[at + 1]) / 2);
      for (let i = at; i < at + COVARIANCE; i++) covariances[i] = sums[i] * weight;
    }
    return { covariances, rho: Math.sqrt(epsilon) * scale };
  }

  /**
   * Estimates of all sources in some frames.
   * @param models of all iterations; without any the first estimates
   * @param out for each source the frames' spectra, as those of the mixture
   */
  filter(
    given: MaskedFrames,
    models: readonly FrameModel[],
    first: number,
    count: number,
    out: readonly Float32Array[],
  ): void {
    const y = this.#estimates;
    const bins = this.#bins;
    for (let frame = 0; frame < count; frame++) {
      for (let bin = 0; bin < bins; bin++) {
        this.#estimate(given, first + frame, bin, models);
        const at = frame * 4 * bins + bin;
        for (let source = 0; source < this.#sources; source++) {
          const to = out[source];
          to[at] = y[STEREO * source];
          to[at + bins] = y[STEREO * source + 1];
          to[at + 2 * bins] = y[STEREO * source + 2];
          to[at + 3 * bins] = y[STEREO * source + 3];
        }
      }
    }
  }

  /** All sources' estimates of one frame and bin, after the iterations that there are models of. */
  #estimate(
    { spectra, masks }: MaskedFrames,
    frame: number,
    bin: number,
    models: readonly FrameModel[],
  ): void {
    const bins = this.#bins;
    const at = frame * 4 * bins + bin;
    const lr = spectra[at];
    const li = spectra[at + bins];
    const rr = spectra[at + 2 * bins];
    const ri = spectra[at + 3 * bins];
    const y = this.#estimates;
    const m = frame * 2 * bins + bin;
    for (let source = 0, j = 0; source < this.#sources; source++, j += STEREO) {
      const left = masks[source][m];
      const right = masks[source][m + bins];
      y[j] = left * lr;
      y[j + 1] = left * li;
      y[j + 2] = right * rr;
      y[j + 3] = right * ri;
    }
    for (const model of models) this.#iterate(model, bin, lr, li, rr, ri);
  }

  /** One iteration: y ← v R C⁻¹ x. */
  #iterate(
    { covariances: r, rho }: FrameModel,
    bin: number,
    lr: number,
    li: number,
    rr: number,
    ri: number,
  ): void {
    const y = this.#estimates;
    const powers = this.#powers;
    const from = COVARIANCE * this.#sources * bin;
    let a = rho;
    let d = rho;
    let br = 0;
    let bi = 0;
    for (let source = 0, j = 0, at = from; source < powers.length; source++, j += 4, at += 4) {
      const power =
        (y[j] * y[j] + y[j + 1] * y[j + 1] + y[j + 2] * y[j + 2] + y[j + 3] * y[j + 3]) / 2;
      powers[source] = power;
      a += power * r[at];
      d += power * r[at + 1];
      br += power * r[at + 2];
      bi += power * r[at + 3];
    }
    const inverse = 1 / (a * d - br * br - bi * bi);
    const z0r = (d * lr - br * rr + bi * ri) * inverse;
    const z0i = (d * li - br * ri - bi * rr) * inverse;
    const z1r = (a * rr - br * lr - bi * li) * inverse;
    const z1i = (a * ri - br * li + bi * lr) * inverse;
    for (let source = 0, j = 0, at = from; source < powers.length; source++, j += 4, at += 4) {
      const power = powers[source];
      const [pa, pd, pr, pi] = [r[at], r[at + 1], r[at + 2], r[at + 3]];
      y[j] = power * (pa * z0r + pr * z1r - pi * z1i);
      y[j + 1] = power * (pa * z0i + pr * z1i + pi * z1r);
      y[j + 2] = power * (pr * z0r + pi * z0i + pd * z1r);
      y[j + 3] = power * (pr * z0i - pi * z0r + pd * z1i);
    }
  }
}
