/** Frames on their way from samples to stems: short-time transform, expectation maximisation and the way back, in one memory. */
import { createKernels, type KernelInstance } from "../kernels/instance.ts";
import { LANES } from "../kernels/lanes.ts";
import {
  type FrameEm,
  type FrameModel,
  FrameWiener,
  frameModel,
  type MaskedFrames,
  sourceMasks,
} from "../phase/index.ts";
import { StftEngine, type StftSettings, spanOfFrames } from "../transforms/stft/index.ts";
import { SongMemory, type SongMemorySizes } from "./songMemory.ts";
import type { FramePiece, PieceModels } from "./songPiece.ts";

/** Stems that a phase step makes of so many masks. */
export function sourceCount(targets: number, { residual }: FrameEm): number {
  return targets + (residual ? 1 : 0);
}

/** The samples of two channels. */
type Pair = readonly [Float32Array, Float32Array];

export class FrameFilter {
  readonly settings: StftSettings;
  readonly bins: number;
  readonly #phase: FrameEm;
  readonly #input: SongMemorySizes["input"];
  readonly #kernels: KernelInstance = createKernels();
  readonly #stft: StftEngine;
  readonly #wiener: FrameWiener;
  readonly #memory: SongMemory;

  /** @param input channels and lower bins of the magnitudes that are asked for, and channels of the masks */
  constructor(
    stft: StftSettings,
    phase: FrameEm,
    targets: number,
    input?: SongMemorySizes["input"],
  ) {
    const sources = sourceCount(targets, phase);
    this.settings = stft;
    this.#phase = phase;
    this.#stft = new StftEngine(this.#kernels, stft);
    this.bins = this.#stft.bins;
    this.#input = input ?? { channels: 2, bins: this.bins };
    this.#wiener = new FrameWiener(this.#kernels, sources, this.bins, phase.iterations);
    this.#memory = new SongMemory(this.#kernels, stft, { targets, sources, input: this.#input });
  }

  /** Makes room for all that stems of so many frames need: memory must not grow while views of it are in use. */
  prepare(frames: number): void {
    this.#memory.forMasks(frames);
    this.#memory.forStems(frames);
  }

  /** Spectra of a piece, which all else is of. */
  analyse({ frames, samples }: FramePiece): void {
    const { spectra } = this.#memory.forEncoding(frames);
    this.#load(frames, samples);
    for (let frame = 0; frame < frames; frame += LANES) {
      this.#group(frame, frames, spectra + frame * this.#memory.spectrumBytes);
    }
  }

  /** The largest |x|² of the spectra. */
  peak(frames: number): number {
    const { spectra } = this.#memory.forEncoding(frames);
    return this.#kernels.exports.planarPeak(spectra, frames, this.bins);
  }

  /** Magnitudes of the spectra, [frames, channels, bins] of the input; where they lie. */
  magnitudes(frames: number): Float32Array {
    const { channels, bins } = this.#input;
    const { spectra, magnitudes } = this.#memory.forEncoding(frames);
    const { exports } = this.#kernels;
    exports.planarMagnitudes(spectra, frames, this.bins, channels, bins, magnitudes);
    return this.#kernels.f32(magnitudes, frames * channels * bins);
  }

  /** Re and im of left and right of the spectra: where they lie. */
  spectra(frames: number): Float32Array {
    const { spectra } = this.#memory.forEncoding(frames);
    return this.#kernels.f32(spectra, frames * 4 * this.bins);
  }

  /** Where the targets' masks lie. */
  masks(frames: number): Float32Array[] {
    const { masks } = this.#memory.forMasks(frames);
    return masks.map((place) => this.#view(place, frames, this.#input.channels));
  }

  /** Magnitudes of another signal, [frames, 2, bins], in the place of a target's masks; the piece's samples are lost. */
  magnitudesOf(target: number, samples: Pair, frames: number): Float32Array {
    const { masks } = this.#memory.forMasks(frames);
    const [some] = this.#memory.forStems(frames).estimates;
    const { exports } = this.#kernels;
    this.#load(frames, samples);
    for (let frame = 0; frame < frames; frame += LANES) {
      const count = this.#group(frame, frames, some);
      const to = masks[target] + frame * 2 * this.bins * 4;
      exports.planarMagnitudes(some, count, this.bins, 2, this.bins, to);
    }
    return this.#view(masks[target], frames, 2);
  }

  /** The masks of all sources, from those of the targets. */
  masked(frames: number): MaskedFrames {
    const { spectra, sources } = this.#memory.forMasks(frames);
    const masks = this.masks(frames);
    const own = sources.map((place) => this.#view(place, frames, 2));
    sourceMasks(masks, this.spectra(frames), frames, this.#phase, own);
    return { frames, spectra, masks: sources };
  }

  /** Sums for the iteration after those that there are models of. */
  measure(masked: MaskedFrames, models: readonly FrameModel[]): Float64Array {
    return this.#wiener.measure(masked, models);
  }

  /** The models to filter with; those of frames that are a window of their own are made here. */
  modelsOf(masked: MaskedFrames, given: PieceModels): readonly FrameModel[] {
    if (given !== "own window") return given;
    const peak = this.peak(masked.frames);
    const models: FrameModel[] = [];
    for (let i = 0; i < this.#phase.iterations; i++) {
      const sums = this.measure(masked, models);
      models.push(frameModel(sums, masked.masks.length, peak, this.#phase));
    }
    return models;
  }

  /**
   * Fills arrays with the stems of a piece: target-major, left and right.
   * @returns milliseconds that inverse transforms took
   */
  fill(into: readonly Float32Array[], masked: MaskedFrames, models: readonly FrameModel[]): number {
    const { frames } = masked;
    const { stems, estimates, room } = this.#memory.forStems(frames);
    for (const place of stems) this.#kernels.f32(place, room).fill(0);
    let inverse = 0;
    this.#wiener.filter(masked, models, LANES, estimates, (first, count) => {
      const begin = performance.now();
      for (const [source, estimate] of estimates.entries()) {
        const at = first * this.settings.hop * 4;
        const [left, right] = [0, 1].map((c) => stems[2 * source + c] + at);
        this.#stft.synthesise(estimate, count, left, right);
      }
      inverse += performance.now() - begin;
    });
    const length = spanOfFrames(this.settings, frames);
    for (const [row, place] of stems.entries()) into[row].set(this.#kernels.f32(place, length));
    return inverse;
  }

  #view(place: number, frames: number, channels: number): Float32Array {
    return this.#kernels.f32(place, frames * channels * this.bins);
  }

  /** Copies samples of some frames to their place, zeros after them for the lanes that reach beyond. */
  #load(frames: number, samples: Pair): void {
    const { samples: places, room } = this.#memory.forEncoding(frames);
    const span = spanOfFrames(this.settings, frames);
    places.forEach((place, c) => {
      const memory = this.#kernels.f32(place, room);
      memory.set(samples[c].subarray(0, span));
      memory.fill(0, span);
    });
  }

  /** Spectra of the next up to four frames, to a place; how many. */
  #group(frame: number, frames: number, to: number): number {
    const count = Math.min(LANES, frames - frame);
    const { samples } = this.#memory.forEncoding(frames);
    const [left, right] = samples.map((place) => place + frame * this.settings.hop * 4);
    this.#stft.analyse(left, right, count, to);
    return count;
  }
}
