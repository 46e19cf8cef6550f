/** Joins frames' samples to a signal: adds what overlaps, and divides by the sum of the squared windows that are there. */
import { leadOf, type StftSettings, windowOf } from "./geometry.ts";

export class FrameJoiner {
  readonly #settings: StftSettings;
  readonly #squares: Float64Array;
  /** One over the sum of squares between the ends, by position modulo the hop. */
  readonly #inner: Float64Array;
  /** What the next frames add to. */
  readonly #tails: readonly Float32Array[];
  /** Frames so far. */
  #frames = 0;

  /** @param rows signals that are joined alike */
  constructor(settings: StftSettings, rows: number) {
    const { length, hop } = settings;
    this.#settings = settings;
    this.#squares = windowOf(settings).map((w) => w * w);
    this.#inner = new Float64Array(hop);
    for (let n = 0; n < length; n++) this.#inner[n % hop] += this.#squares[n];
    for (let n = 0; n < hop; n++) this.#inner[n] = 1 / this.#inner[n];
    this.#tails = Array.from({ length: rows }, () => new Float32Array(length - hop));
  }

  /**
   * Adds the samples of the next frames, as many as they span, which it works in.
   *
   * @param total frames of the whole signal
   * @param samples of the whole signal
   * @returns the samples that no later frame adds to, views of `stems`
   */
  add(
    stems: readonly Float32Array[],
    frames: number,
    total: number,
    samples: number,
  ): Float32Array[] {
    const { hop } = this.#settings;
    const lead = leadOf(this.#settings);
    const start = this.#frames * hop - lead;
    this.#frames += frames;
    const isLast = this.#frames >= total;
    const finished = isLast ? stems[0].length : frames * hop;
    const from = Math.max(0, -start);
    const to = Math.max(from, Math.min(finished, samples - start));
    return stems.map((stem, row) => {
      const tail = this.#tails[row];
      for (let i = 0; i < tail.length; i++) stem[i] += tail[i];
      tail.set(stem.subarray(frames * hop, frames * hop + tail.length));
      for (let i = from; i < to; i++) stem[i] *= this.#weight(start + lead + i, total);
      return stem.subarray(from, to);
    });
  }

  /** One over the sum of the squared windows at a position, counted from the begin of frame 0. */
  #weight(position: number, total: number): number {
    const { length, hop } = this.#settings;
    const last = Math.floor(position / hop);
    if (last < total && position >= length - hop) return this.#inner[position % hop];
    let sum = 0;
    for (let frame = Math.min(last, total - 1); frame >= 0; frame--) {
      const n = position - frame * hop;
      if (n >= length) break;
      sum += this.#squares[n];
    }
    // Beyond all windows the signal is 0.
    return sum > 1e-11 ? 1 / sum : 0;
  }
}
