/** The samples of a whole song, and pieces of frames cut from them, with its ends mirrored. */
import {
  frameCount,
  leadOf,
  leastSamples,
  mirrored,
  type StftSettings,
  spanOfFrames,
} from "../transforms/stft/index.ts";
import type { PieceSamples } from "./piece.ts";
import { SampleQueue, type StereoBlock } from "./sampleQueue.ts";

export class SongSamples {
  readonly #stft: StftSettings;
  readonly #queue = new SampleQueue();
  #ended = false;

  constructor(stft: StftSettings) {
    this.#stft = stft;
  }

  push(block: StereoBlock): void {
    this.#queue.push(block);
  }

  /** Says that there are no more. Signals too short for a frame are taken as if zeros followed. */
  end(): void {
    this.#ended = true;
  }

  /** Samples so far. */
  get samples(): number {
    return this.#queue.end;
  }

  /** Samples that the transform is of. */
  get #extent(): number {
    return this.samples < leastSamples(this.#stft) ? this.#stft.length : this.samples;
  }

  /** Frames in all, once the signal has ended; before, those that are there whatever follows. */
  get frames(): number {
    if (this.#ended) return frameCount(this.#stft, this.#extent);
    const { length, hop } = this.#stft;
    // The first frames read what follows them, mirrored.
    if (this.samples < length) return 0;
    return Math.max(0, 1 + Math.floor((this.samples - leadOf(this.#stft)) / hop));
  }

  /** Samples that stems are made for before they are cut: those that the transform is of. */
  get transformed(): number {
    return this.#extent;
  }

  /** The samples of some frames. */
  piece(first: number, frames: number): PieceSamples {
    const length = spanOfFrames(this.#stft, frames);
    const start = first * this.#stft.hop - leadOf(this.#stft);
    const samples = [new Float32Array(length), new Float32Array(length)] as const;
    this.#queue.read(start, samples);
    const extent = this.#ended ? this.#extent : Number.POSITIVE_INFINITY;
    this.#mirror(samples, start, start, Math.min(0, start + length));
    this.#mirror(samples, start, Math.max(start, extent), start + length);
    return samples;
  }

  /** Fills the positions from..to, which lie outside of the signal, with what lies at the same distance inside. */
  #mirror(samples: PieceSamples, start: number, from: number, to: number): void {
    if (from >= to) return;
    const last = mirrored(from, this.#extent);
    const first = mirrored(to - 1, this.#extent);
    const [low, high] = [Math.min(first, last), Math.max(first, last)];
    const inside = [new Float32Array(high - low + 1), new Float32Array(high - low + 1)] as const;
    this.#queue.read(low, inside);
    for (let position = from; position < to; position++) {
      const at = mirrored(position, this.#extent) - low;
      for (const c of [0, 1] as const) samples[c][position - start] = inside[c][at];
    }
  }
}
