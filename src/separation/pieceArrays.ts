/** Arrays that pieces of a song travel in, used again and again: there are as many as pieces were in hand at once. */
import { type StftSettings, spanOfFrames } from "../transforms/stft/index.ts";
import type { PieceSamples } from "./piece.ts";

type Floats = Float32Array<ArrayBuffer>;

/** Of one piece. */
export interface OnePiece {
  readonly samples: PieceSamples;
  readonly kept: readonly Floats[];
  readonly stems: readonly Floats[];
}

/** How many arrays there are, and how long. */
export interface PieceSizes {
  readonly stft: StftSettings;
  /** Numbers of a frame that are kept, in so many arrays. */
  readonly width: number;
  readonly kept: number;
  /** Channels of stems. */
  readonly stems: number;
}

export class PieceArrays {
  readonly #sizes: PieceSizes;
  readonly #free: OnePiece[] = [];

  constructor(sizes: PieceSizes) {
    this.#sizes = sizes;
  }

  /** Arrays for a piece of so many frames, with anything in them. */
  take(frames: number): OnePiece {
    const { stft, width, kept, stems } = this.#sizes;
    const span = spanOfFrames(stft, frames);
    // Of another size once the pieces are windows.
    const free = this.#free.pop();
    if (free && free.samples[0].length === span) return free;
    const arrays = (count: number, length: number) =>
      Array.from({ length: count }, () => new Float32Array(length));
    return {
      samples: [new Float32Array(span), new Float32Array(span)],
      kept: arrays(kept, width * frames),
      stems: arrays(stems, span),
    };
  }

  /** Takes arrays back that nobody uses any more. */
  give({ samples, kept, stems }: OnePiece): void {
    this.#free.push({ samples, kept, stems });
  }
}
