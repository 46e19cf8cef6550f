/**
 * The short-time Fourier transform at work, four frames of a stereo signal at a time: left is the real part, right the
 * imaginary part of one complex FFT, and frames are the lanes of the kernels.
 *
 * A frame's spectrum is planar: re and im of the left channel, then of the right, {@link binCount} floats each. Everything lies
 * in the kernels' memory.
 */
import { type FftPlan, FftPlanner } from "../../kernels/fftPlan.ts";
import type { KernelInstance } from "../../kernels/instance.ts";
import { ELEMENT_BYTES } from "../../kernels/lanes.ts";
import { binCount, type StftSettings, windowOf } from "./geometry.ts";

/** Floats of a frame's spectrum. */
export function spectrumSize(settings: StftSettings): number {
  return 4 * binCount(settings);
}

/** Bytes that kernels between lanes and planar spectra work in. */
const WORK = 256;

export class StftEngine {
  readonly settings: StftSettings;
  readonly bins: number;
  readonly #kernels: KernelInstance;
  readonly #plan: FftPlan;
  readonly #window: number;
  readonly #synthesisWindow: number;
  /** Areas of four frames in lanes: samples, what the FFT works in, its result. */
  readonly #areas: readonly [number, number, number];
  readonly #work: number;

  /** Plans the transform in the kernels' memory. */
  constructor(kernels: KernelInstance, settings: StftSettings) {
    const { length } = settings;
    this.settings = settings;
    this.bins = binCount(settings);
    this.#kernels = kernels;
    this.#plan = new FftPlanner(kernels).plan(length);
    const window = windowOf(settings);
    this.#window = kernels.allocate(length * 4);
    this.#synthesisWindow = kernels.allocate(length * 4);
    const area = () => kernels.allocate(length * ELEMENT_BYTES);
    this.#areas = [area(), area(), area()];
    this.#work = kernels.allocate(WORK);
    kernels.f32(this.#window, length).set(window);
    kernels.f32(this.#synthesisWindow, length).set(window.map((w) => w / length));
  }

  /**
   * Spectra of up to four frames.
   *
   * @param left where the first frame's samples lie, those of all four readable; right likewise. Where both channels hold the
   * same, so do their spectra, exactly.
   * @param count of frames, 1 to 4
   * @param spectra takes the frames' spectra, one after the other
   */
  analyse(left: number, right: number, count: number, spectra: number): void {
    const { length, hop } = this.settings;
    const [samples, work, result] = this.#areas;
    const { exports } = this.#kernels;
    const same = this.#areSame(left, right, (count - 1) * hop + length);
    exports.loadSlices(left, same ? 0 : right, this.#window, length, 0, length, hop, samples);
    exports.fft(this.#plan, samples, work, result);
    exports.splitFrames(result, length, count, this.#work, spectra);
    if (!same) return;
    const size = spectrumSize(this.settings);
    const planar = this.#kernels.f32(spectra, count * size);
    for (let at = 0; at < planar.length; at += size) {
      planar.copyWithin(at + size / 2, at, at + size / 2);
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
  synthesise(spectra: number, count: number, left: number, right: number): void {
    const { length, hop } = this.settings;
    const [samples, work, result] = this.#areas;
    const { exports } = this.#kernels;
    exports.joinFrames(spectra, count, length, this.#work, samples);
    exports.fft(this.#plan, samples, work, result);
    exports.weighLanes(result, this.#synthesisWindow, length);
    exports.overlapAdd(result, length, hop, count, left, right);
  }
}
