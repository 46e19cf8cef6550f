/** Keeps count of Wiener windows: gathers their statistics and tells when a piece has all it needs. */
import {
  addStatistics,
  blockPeak,
  type Regularisation,
  spatialModel,
  type WienerEm,
  windowLength,
} from "../phase/index.ts";
import type { Block } from "../transforms/index.ts";
import type { WindowSpatial, WindowStatistics } from "./piece.ts";

/** Slices first..first+slices−1. */
interface SliceRange {
  readonly first: number;
  readonly slices: number;
}

const none = new Float64Array(0);

export class WindowLedger {
  readonly #blocks: readonly Block[];
  /** Per block: coefficients of a window. */
  readonly #lengths: readonly number[];
  readonly #regularisation: Regularisation;
  readonly #targets: number;
  /** Per block: statistics by window number, and the models made of complete ones. */
  readonly #sums: readonly Map<number, Float64Array>[];
  readonly #models: readonly Map<number, Float64Array>[];
  /** Where all blocks are scaled alike, the largest |x|² of each window. */
  readonly #peaks = new Map<number, number>();
  #slices = 0;
  #ended = false;

  constructor(blocks: readonly Block[], settings: WienerEm, targets: number) {
    this.#blocks = blocks;
    this.#lengths = blocks.map(({ coefs }) => windowLength(settings.window, coefs));
    this.#regularisation = settings.regularisation;
    this.#targets = targets;
    this.#sums = blocks.map(() => new Map());
    this.#models = blocks.map(() => new Map());
  }

  /** Takes the statistics of the next `slices` slices. The order of the pieces fixes the order of summation. */
  add(slices: number, statistics: readonly WindowStatistics[]): void {
    for (const { block, window, sums } of statistics) {
      const known = this.#sums[block].get(window);
      if (known) addStatistics(known, sums, this.#targets);
      else this.#sums[block].set(window, sums);
    }
    this.#slices += slices;
  }

  /** No more slices will come: all windows are complete. */
  end(): void {
    this.#ended = true;
  }

  /** Whether all windows that touch the slices are complete. */
  covers({ first, slices }: SliceRange): boolean {
    if (this.#ended) return first + slices <= this.#slices;
    return this.#blocks.every(({ coefs }, block) => {
      const length = this.#lengths[block];
      const last = Math.floor(((first + slices) * coefs - 1) / length);
      return this.#slices * coefs >= (last + 1) * length;
    });
  }

  /** Models of all windows that touch the slices; earlier windows are forgotten. Ask in the order of the pieces. */
  take({ first, slices }: SliceRange): WindowSpatial[] {
    const out: WindowSpatial[] = [];
    this.#blocks.forEach(({ coefs }, block) => {
      const length = this.#lengths[block];
      const from = Math.floor((first * coefs) / length);
      const to = Math.floor(((first + slices) * coefs - 1) / length);
      for (const window of [...this.#models[block].keys()]) {
        if (window >= from) continue;
        this.#models[block].delete(window);
        this.#peaks.delete(window);
      }
      for (let window = from; window <= to; window++) {
        out.push({ block, window, spatial: this.#model(block, window) });
      }
    });
    return out;
  }

  #model(block: number, window: number): Float64Array {
    const known = this.#models[block].get(window);
    if (known) return known;
    const sums = this.#sums[block].get(window);
    if (!sums) throw new RangeError(`window ${window} of block ${block} has no statistics`);
    const peak = this.#sharedPeak(window);
    this.#sums[block].delete(window);
    const length = this.#lengths[block];
    const total = this.#slices * this.#blocks[block].coefs;
    const frames = Math.min(length, total - window * length);
    const size = { targets: this.#targets, frames };
    const model = spatialModel(sums, size, this.#regularisation, peak);
    this.#models[block].set(window, model);
    return model;
  }

  /** The largest |x|² of a window in all blocks, if they share it; asked first while the sums of all are there. */
  #sharedPeak(window: number): number | undefined {
    const regularisation = this.#regularisation;
    if (regularisation.kind !== "fixed" || !regularisation.shared) return undefined;
    const known = this.#peaks.get(window);
    if (known !== undefined) return known;
    const peaks = this.#sums.map((sums) => blockPeak(sums.get(window) ?? none, this.#targets));
    const peak = Math.max(...peaks);
    this.#peaks.set(window, peak);
    return peak;
  }
}
