/** Tracks whose samples are known by a formula, for tests and pictures of the app. */
import { type Signal, signal } from "@preact/signals";
import type { Peaks, Track } from "../tracks/track.ts";

/** A sample by its channel and frame. */
export type Formula = (channel: number, frame: number) => number;

const HOP = 512;
const STRIDE = 32;

/** A track that is ready as far as its signal says, which a test may set. */
export class FormulaTrack implements Track {
  readonly name: string;
  readonly channels: number;
  readonly frames: number;
  readonly ready: Signal<number>;
  readonly peaks: Peaks;
  readonly #formula: Formula;

  constructor(name: string, frames: number, formula: Formula, channels = 2) {
    this.name = name;
    this.channels = channels;
    this.frames = frames;
    this.ready = signal(frames);
    this.#formula = formula;
    this.peaks = peaksOf(frames, channels, formula);
  }

  async read(start: number, into: readonly Float32Array[], abortion?: AbortSignal): Promise<void> {
    abortion?.throwIfAborted();
    this.readNow(start, into);
  }

  /** As {@link read}, at once. */
  readNow(start: number, into: readonly Float32Array[]): void {
    for (const [channel, samples] of into.entries()) {
      for (let i = 0; i < samples.length; i++) {
        const frame = start + i;
        const there = frame >= 0 && frame < this.ready.peek();
        samples[i] = there ? this.#formula(channel, frame) : 0;
      }
    }
  }
}

function peaksOf(frames: number, channels: number, formula: Formula): Peaks {
  const count = Math.ceil(frames / HOP);
  const lowest = new Float32Array(count);
  const highest = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    // A few frames will do for a picture.
    for (let frame = i * HOP; frame < Math.min(frames, (i + 1) * HOP); frame += STRIDE) {
      for (let c = 0; c < channels; c++) {
        const value = formula(c, frame);
        lowest[i] = Math.min(lowest[i], value);
        highest[i] = Math.max(highest[i], value);
      }
    }
  }
  return { hop: HOP, lowest, highest };
}
