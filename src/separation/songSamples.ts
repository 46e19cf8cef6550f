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
import type { StereoBlock } from "./sampleQueue.ts";
import type { Scratch, ScratchFile } from "./scratch.ts";

export class SongSamples {
  readonly #stft: StftSettings;
  /** Left, right. */
  readonly #files: readonly [ScratchFile, ScratchFile];
  #samples = 0;
  #ended = false;

  constructor(stft: StftSettings, scratch: Scratch) {
    this.#stft = stft;
    this.#files = [scratch.file(), scratch.file()];
  }

  async push(block: StereoBlock): Promise<void> {
    for (const [c, file] of this.#files.entries()) await file.write(this.#samples, block[c]);
    this.#samples += block[0].length;
  }

  /** Says that there are no more. Signals too short for a frame are taken as if zeros followed. */
  end(): void {
    this.#ended = true;
  }

  /** Whether there are no more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Forgets what only frames before this one are made of; it is never one of the last few. */
  forgetBefore(frame: number): void {
    const start = frame * this.#stft.hop - leadOf(this.#stft);
    for (const file of this.#files) file.forgetBefore(Math.max(0, start));
  }

  /** Samples so far. */
  get samples(): number {
    return this.#samples;
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

  /** Samples that stems are made for before they are cut: those that the transform is of, Infinity while more come. */
  get transformed(): number {
    return this.#ended ? this.#extent : Number.POSITIVE_INFINITY;
  }

  /** The samples of some frames, at the beginning of arrays that may be longer. */
  async piece(first: number, frames: number, into: PieceSamples): Promise<void> {
    const start = first * this.#stft.hop - leadOf(this.#stft);
    const end = start + spanOfFrames(this.#stft, frames);
    const extent = this.#ended ? this.#extent : Number.POSITIVE_INFINITY;
    for (const [c, file] of this.#files.entries()) {
      const samples = into[c].subarray(0, end - start);
      await this.#read(file, start, samples);
      await this.#mirror(file, samples, start, start, Math.min(0, end));
      await this.#mirror(file, samples, start, Math.max(start, extent), end);
    }
  }

  /** Fills an array with the samples from a position on, zeros where there are none. */
  async #read(file: ScratchFile, from: number, into: Float32Array): Promise<void> {
    const begin = Math.min(into.length, Math.max(0, -from));
    const end = Math.max(begin, Math.min(into.length, this.#samples - from));
    into.fill(0, 0, begin);
    into.fill(0, end);
    await file.read(from + begin, into.subarray(begin, end));
  }

  /** Fills the positions from..to, which lie outside of the signal, with what lies at the same distance inside. */
  async #mirror(
    file: ScratchFile,
    samples: Float32Array,
    start: number,
    from: number,
    to: number,
  ): Promise<void> {
    if (from >= to) return;
    const last = mirrored(from, this.#extent);
    const first = mirrored(to - 1, this.#extent);
    const [low, high] = [Math.min(first, last), Math.max(first, last)];
    const inside = new Float32Array(high - low + 1);
    await this.#read(file, low, inside);
    for (let position = from; position < to; position++) {
      samples[position - start] = inside[mirrored(position, this.#extent) - low];
    }
  }
}
