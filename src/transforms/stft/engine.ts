/**
 * The short-time Fourier transform at work, four frames of a stereo signal at a time: left is the real part, right the
 * imaginary part of one complex FFT, and frames are the lanes of the kernels.
 *
 * A frame's spectrum is planar: re and im of the left channel, then of the right, {@link binCount} floats each.
 */
import { type FftPlan, FftPlanner } from "../../kernels/fftPlan.ts";
import type { KernelInstance } from "../../kernels/instance.ts";
import { ELEMENT_BYTES, ELEMENT_FLOATS, LANES } from "../../kernels/lanes.ts";
import { binCount, type StftSettings, windowOf } from "./geometry.ts";

/** Floats of a frame's spectrum. */
export function spectrumSize(settings: StftSettings): number {
  return 4 * binCount(settings);
}

export class StftEngine {
  readonly settings: StftSettings;
  readonly bins: number;
  readonly #kernels: KernelInstance;
  readonly #plan: FftPlan;
  readonly #window: number;
  readonly #synthesisWindow: Float32Array;
  /** Areas of four frames in lanes: samples, what the FFT works in, its result. */
  readonly #areas: readonly [number, number, number];

  /** Plans the transform in the kernels' memory. */
  constructor(kernels: KernelInstance, settings: StftSettings) {
    const { length } = settings;
    this.settings = settings;
    this.bins = binCount(settings);
    this.#kernels = kernels;
    this.#plan = new FftPlanner(kernels).plan(length);
    const window = windowOf(settings);
    this.#window = kernels.allocate(length * 4);
    kernels.f32(this.#window, length).set(window);
    this.#synthesisWindow = Float32Array.from(window, (w) => w / length);
    const area = () => kernels.allocate(length * ELEMENT_BYTES);
    this.#areas = [area(), area(), area()];
  }

  /**
   * Spectra of up to four frames.
   *
   * @param left where the first frame's samples lie in the kernels' memory, those of all four readable; right likewise.
   * Where both channels hold the same, so do their spectra, exactly.
   * @param spectra takes the frames' spectra, one after the other
   * @param frame of the first of them
   * @param count of frames, 1 to 4
   */
  analyse(left: number, right: number, spectra: Float32Array, frame: number, count: number): void {
    const { length, hop } = this.settings;
    const [samples, work, result] = this.#areas;
    const { exports } = this.#kernels;
    const same = this.#areSame(left, right, (count - 1) * hop + length);
    exports.loadSlices(left, same ? 0 : right, this.#window, length, 0, length, hop, samples);
    exports.fft(this.#plan, samples, work, result);
    const z = this.#kernels.f32(result, length * ELEMENT_FLOATS);
    const { bins } = this;
    for (let lane = 0; lane < count; lane++) {
      const at = (frame + lane) * 4 * bins;
      for (let bin = 0; bin < bins; bin++) {
        const k = bin * ELEMENT_FLOATS + lane;
        const m = (bin === 0 ? 0 : length - bin) * ELEMENT_FLOATS + lane;
        spectra[at + bin] = (z[k] + z[m]) / 2;
        spectra[at + bins + bin] = (z[k + LANES] - z[m + LANES]) / 2;
        spectra[at + 2 * bins + bin] = (z[k + LANES] + z[m + LANES]) / 2;
        spectra[at + 3 * bins + bin] = (z[m] - z[k]) / 2;
      }
      if (same) spectra.copyWithin(at + 2 * bins, at, at + 2 * bins);
    }
  }

  #areSame(left: number, right: number, count: number): boolean {
    const a = this.#kernels.i32(left, count);
    const b = this.#kernels.i32(right, count);
    for (let i = 0; i < count; i++) if (a[i] !== b[i]) return false;
    return true;
  }

  /**
   * Adds up to four frames to samples: windowed inverse transforms, not yet divided by the sum of squared windows. Of bins
   * 0 and length/2 only real parts count.
   *
   * @param spectra as of {@link analyse}
   * @param left where the first frame's samples lie, those of all four writable; right likewise
   */
  synthesise(
    spectra: Float32Array,
    frame: number,
    count: number,
    left: number,
    right: number,
  ): void {
    const { length, hop } = this.settings;
    const [samples, work, result] = this.#areas;
    const { bins } = this;
    const z = this.#kernels.f32(samples, length * ELEMENT_FLOATS);
    const last = bins - 1;
    for (let lane = 0; lane < count; lane++) {
      const at = (frame + lane) * 4 * bins;
      for (let bin = 0; bin < bins; bin++) {
        const isReal = bin === 0 || bin === last;
        const lr = spectra[at + bin];
        const li = isReal ? 0 : spectra[at + bins + bin];
        const rr = spectra[at + 2 * bins + bin];
        const ri = isReal ? 0 : spectra[at + 3 * bins + bin];
        // Reversed, so that the forward FFT is the inverse one.
        const k = (bin === 0 ? 0 : length - bin) * ELEMENT_FLOATS + lane;
        const m = bin * ELEMENT_FLOATS + lane;
        z[k] = lr - ri;
        z[k + LANES] = li + rr;
        z[m] = lr + ri;
        z[m + LANES] = rr - li;
      }
    }
    this.#kernels.exports.fft(this.#plan, samples, work, result);
    const y = this.#kernels.f32(result, length * ELEMENT_FLOATS);
    for (let n = 0, i = 0; n < length; n++) {
      const w = this.#synthesisWindow[n];
      for (const end = i + ELEMENT_FLOATS; i < end; i++) y[i] *= w;
    }
    this.#kernels.exports.overlapAdd(result, length, hop, count, left, right);
  }
}
