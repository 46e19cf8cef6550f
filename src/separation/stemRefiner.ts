/**
 * Filters stems once more, in a short-time transform: their magnitudes there are what expectation maximisation begins with, the
 * mixture's phase goes with them (docs/mathematics.md, 8.2).
 */
import type { FrameEm } from "../phase/index.ts";
import type { StftSettings } from "../transforms/stft/index.ts";
import { FrameFilter } from "./frameFilter.ts";
import type { EngineTimes } from "./piece.ts";
import type { FramePiece } from "./songPiece.ts";

/** Frames of the mixture, a window of their own, and of its stems. */
export interface RefinedPiece extends FramePiece {
  /**
   * Target-major, left and right, as many samples as the frames span: before, stems as they are; after, what overlaps and is
   * divided, and the residual's last if there is one.
   */
  readonly stems: readonly Float32Array<ArrayBuffer>[];
}

/** How stems are filtered. */
export interface Refinement {
  readonly stft: StftSettings;
  readonly phase: FrameEm;
}

/** Stands in for a coefficient of 0 of the mixture, or next to it, so that a stem that sounds there still counts. */
const TRACE = 1e-15;

export class StemRefiner {
  readonly #filter: FrameFilter;
  readonly #targets: number;

  constructor({ stft, phase }: Refinement, targets: number) {
    this.#filter = new FrameFilter(stft, phase, targets);
    this.#targets = targets;
  }

  /** Filters a piece in place, and says where the time went. */
  refine(piece: RefinedPiece): Pick<EngineTimes, "phase" | "inverse"> {
    const start = performance.now();
    const { frames, stems } = piece;
    this.#filter.prepare(frames);
    this.#filter.analyse(piece);
    for (let j = 0; j < this.#targets; j++) {
      this.#filter.magnitudesOf(j, [stems[2 * j], stems[2 * j + 1]], frames);
    }
    this.#masksOfMagnitudes(frames);
    const masked = this.#filter.masked(frames);
    const models = this.#filter.modelsOf(masked, "own window");
    const inverse = this.#filter.fill(stems, masked, models);
    return { phase: (performance.now() - start - inverse) / 1e3, inverse: inverse / 1e3 };
  }

  /** Divides the stems' magnitudes by the mixture's. */
  #masksOfMagnitudes(frames: number): void {
    const mixture = this.#filter.magnitudes(frames);
    const spectra = this.#filter.spectra(frames);
    const masks = this.#filter.masks(frames);
    const { bins } = this.#filter;
    for (let i = 0; i < mixture.length; i++) {
      if (mixture[i] < TRACE) {
        // Of re and im planes of a channel of a frame, the first.
        spectra[i + Math.floor(i / bins) * bins] = TRACE;
        mixture[i] = TRACE;
      }
      const scale = 1 / mixture[i];
      for (const mask of masks) mask[i] *= scale;
    }
  }
}
