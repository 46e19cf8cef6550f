/**
 * Separates a signal at 44.1 kHz as it comes: each slice as soon as the samples that its stems depend on are there. All
 * memory for samples is taken at the start.
 */
import type { SliceContext } from "../networks/index.ts";
import type { Piece, PieceStems } from "../separation/piece.ts";
import type { StereoBlock } from "../separation/sampleQueue.ts";
import { SliceLevels } from "../separation/sliceLevels.ts";
import { spanOf, type Transform } from "../transforms/index.ts";
import type { HopEngine } from "./hopEngine.ts";
import { samplesNeeded } from "./latency.ts";

/** Most slices that are separated at once, as many as kernels have lanes: where more are ready, they cost as much as one. */
export const GROUP = 4;

/** What a hop separator is for. */
export interface HopSettings {
  readonly engine: HopEngine;
  readonly transform: Transform;
  readonly context: SliceContext;
  /** Fewest slices that the network can work on. */
  readonly leastSlices: number;
  /** Stems. */
  readonly targets: number;
  /** Level that the network is shown, dBFS; undefined: the signal's own. */
  readonly level: number | undefined;
}

/** Takes final samples: rows target-major, left and right, from `from` to `to`. */
export type TakeStems = (rows: readonly Float32Array[], from: number, to: number) => void;

export class HopSeparator {
  readonly #settings: HopSettings;
  readonly #give: TakeStems;
  /** Samples from position `#begin` on. Beyond the last one that came lie zeros or old samples, which no window reaches. */
  readonly #samples: readonly [Float32Array<ArrayBuffer>, Float32Array<ArrayBuffer>];
  #begin = 0;
  #received = 0;
  #levels: SliceLevels;
  /** The next slice to be separated. */
  #slice = 0;
  readonly #stems: PieceStems;
  /** What slices so far add to the samples that are not final yet. */
  readonly #tails: readonly Float32Array[];

  constructor(settings: HopSettings, give: TakeStems) {
    const { transform, context, targets, level } = settings;
    const { before, after } = context;
    this.#settings = settings;
    this.#give = give;
    const length = spanOf(transform, before + after + 3 * GROUP);
    this.#samples = [new Float32Array(length), new Float32Array(length)];
    this.#levels = new SliceLevels(transform, level);
    const rows = { length: 2 * targets };
    this.#stems = Array.from(rows, () => new Float32Array(spanOf(transform, GROUP)));
    const tail = transform.sliceLength - transform.hop;
    this.#tails = Array.from(rows, () => new Float32Array(tail));
    this.reset();
  }

  /** Begins another signal. */
  reset(): void {
    const { engine, transform, level } = this.#settings;
    engine.reset();
    this.#begin = -transform.lead;
    this.#received = 0;
    this.#slice = 0;
    this.#levels = new SliceLevels(transform, level);
    for (const row of [...this.#samples, ...this.#tails]) row.fill(0);
  }

  /** Slices that have been separated. */
  get slice(): number {
    return this.#slice;
  }

  /** Slices that can be separated now. */
  get ready(): number {
    const { transform, context } = this.#settings;
    const short = samplesNeeded(transform, context, this.#slice) - this.#received;
    return short > 0 ? 0 : 1 + Math.floor(-short / transform.hop);
  }

  /**
   * Takes samples of a block from number `from` on, as many as there is room for until slices are separated.
   * @returns the number of the first that was not taken.
   */
  take(block: StereoBlock, from: number): number {
    const { transform, context } = this.#settings;
    const room = samplesNeeded(transform, context, this.#slice + GROUP - 1) - this.#received;
    const to = Math.min(block[0].length, from + Math.max(0, room));
    if (to === from) return to;
    this.#makeRoom(to - from);
    const at = this.#received - this.#begin;
    for (const [c, samples] of this.#samples.entries()) {
      samples.set(block[c].subarray(from, to), at);
    }
    this.#levels.push([block[0].subarray(from, to), block[1].subarray(from, to)]);
    this.#received += to - from;
    return to;
  }

  /** Moves what is still needed to the front, if `count` more samples would not fit. */
  #makeRoom(count: number): void {
    const { transform, context } = this.#settings;
    const end = this.#received + count + transform.hop;
    if (end - this.#begin <= this.#samples[0].length) return;
    const first = Math.max(0, this.#slice - context.before);
    const from = first * transform.hop - transform.lead;
    for (const row of this.#samples) row.copyWithin(0, from - this.#begin);
    this.#begin = from;
  }

  /** Separates the slices that are ready, up to {@link GROUP}. */
  async separate(): Promise<void> {
    await this.#separate(Math.min(GROUP, this.ready), this.#settings.context.after);
  }

  /** Separates what is left of a signal that has ended, and gives the rest of its stems. */
  async end(): Promise<void> {
    const { transform, leastSlices, context } = this.#settings;
    const { hop, lead } = transform;
    if (this.#received === 0) return;
    const total = Math.max(leastSlices, transform.sliceCount(this.#received));
    while (this.#slice < total) {
      const count = Math.min(GROUP, total - this.#slice);
      const after = Math.min(context.after, total - this.#slice - count);
      const end = (this.#slice + count + after) * hop - lead + transform.sliceLength;
      this.#makeRoom(Math.max(0, end - this.#received));
      for (const row of this.#samples) row.fill(0, this.#received - this.#begin);
      await this.#separate(count, after);
    }
    const left = this.#received - (this.#slice * hop - lead);
    if (left > 0) this.#give(this.#tails, 0, left);
  }

  async #separate(slices: number, after: number): Promise<void> {
    const { engine, context } = this.#settings;
    const first = this.#slice;
    const before = Math.min(context.before, first);
    const stems = await engine.separate(this.#piece(first, slices, before, after), this.#stems);
    this.#slice += slices;
    this.#levels.dropBefore(this.#slice - context.before);
    this.#join(stems, first, slices);
  }

  #piece(first: number, slices: number, before: number, after: number): Piece {
    const { transform } = this.#settings;
    const all = before + slices + after;
    const from = (first - before) * transform.hop - transform.lead - this.#begin;
    const to = from + spanOf(transform, all);
    const [left, right] = this.#samples;
    const gains = new Float32Array(all);
    const alike = new Uint8Array(all);
    for (let i = 0; i < all; i++) {
      gains[i] = this.#levels.gain(first - before + i);
      alike[i] = this.#levels.alike(first - before + i) ? 1 : 0;
    }
    const samples = [left.subarray(from, to), right.subarray(from, to)] as const;
    return { id: first, first, slices, before, after, samples, gains, alike };
  }

  /** Adds what earlier slices left, gives what is final, keeps the rest. */
  #join(stems: PieceStems, first: number, slices: number): void {
    const { hop, lead } = this.#settings.transform;
    const final = slices * hop;
    const position = first * hop - lead;
    for (const [row, stem] of stems.entries()) {
      const tail = this.#tails[row];
      for (let i = 0; i < tail.length; i++) stem[i] += tail[i];
      tail.set(stem.subarray(final, final + tail.length));
    }
    const begin = Math.min(final, Math.max(0, -position));
    const end = Math.max(begin, Math.min(final, this.#received - position));
    if (end > begin) this.#give(stems, begin, end);
  }
}
