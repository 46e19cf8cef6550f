/** Cells of training mixtures (see `networks/coupled/cells.ts`) with what their loss needs of the stems. */
import { createKernels, type KernelInstance } from "../../kernels/instance.ts";
import { LANES } from "../../kernels/lanes.ts";
import {
  FRAMES_PER_HOP,
  firstOfCell,
  framesOf,
  type Grid,
  type MixtureCells,
} from "../../networks/coupled/index.ts";
import type { Transform } from "../../transforms/index.ts";
import { STEM_CHANNELS, StemLanes } from "../stemLanes.ts";

/** Sums over the cells of a batch of mixtures, and what is known there of their stems. */
export interface StemCells extends MixtureCells {
  /** [bands, 4 targets × 2 channels × cells, frames·items]: Σ M·Re(x*·s) of each stem s. */
  readonly inPhase: Float32Array;
  /** [items, 4]: Σ M|s|². */
  readonly energies: Float64Array;
}

/** Of a cell: two powers, one product, eight parts in phase. */
const KINDS = { power: 2, product: 1, inPhase: STEM_CHANNELS };
const WORK_BYTES = 496;

/** Adds up the cells of batches, one after the other, in a memory of its own. */
export class StemCellSums {
  readonly #grid: Grid;
  readonly #transform: Transform;
  readonly #kernels: KernelInstance;
  readonly #stems: StemLanes;
  /** Coefficients of two groups of slices: this one and the one before, by turns. */
  readonly #groups: readonly [number, number];
  /** Where the cells of each bin end. */
  readonly #ends: readonly number[];
  readonly #energies: number;
  readonly #work: number;
  #sums = 0;
  #room = 0;
  #width = 0;

  /** @param grid that of the transform's windows */
  constructor(grid: Grid, transform: Transform) {
    const kernels = createKernels();
    this.#grid = grid;
    this.#transform = transform;
    this.#kernels = kernels;
    this.#stems = new StemLanes(transform, kernels);
    const { bytes } = this.#stems;
    this.#groups = [kernels.allocate(bytes), kernels.allocate(bytes)];
    this.#ends = grid.bins.map((bin) => {
      const ends = Array.from({ length: FRAMES_PER_HOP * bin.cells }, (_, i) => {
        const cell = (i % bin.cells) + 1;
        return Math.floor(i / bin.cells) * bin.coefs + firstOfCell(bin, cell);
      });
      const place = kernels.allocate(4 * ends.length);
      kernels.i32(place, ends.length).set(ends);
      return place;
    });
    this.#energies = kernels.allocate(8 * 4);
    this.#work = kernels.allocate(WORK_BYTES);
  }

  /** @param items for each the left and right channels of its four stems, all equally long */
  cells(items: readonly (readonly Float32Array[])[]): StemCells {
    const slices = this.#transform.sliceCount(items[0][0].length);
    const frames = framesOf(slices);
    const width = frames * items.length;
    this.#makeRoom(width);
    const energies = new Float64Array(4 * items.length);
    for (const [item, channels] of items.entries()) {
      this.#kernels.f64(this.#energies, 4).fill(0);
      for (let slice = 0; slice <= slices; slice += LANES) {
        const [now, before] = (slice / LANES) % 2 === 0 ? this.#groups : this.#groups.toReversed();
        this.#stems.analyse(channels, slice, now);
        if (slice === 0) this.#kernels.f32(before, this.#stems.bytes / 4).fill(0);
        this.#add({ now, before, slice, slices, item, items: items.length });
      }
      energies.set(this.#kernels.f64(this.#energies, 4), 4 * item);
    }
    const [power, product, inPhase] = [0, KINDS.power, KINDS.power + KINDS.product].map((kind, i) =>
      this.#kernels
        .f32(this.#kind(kind), Object.values(KINDS)[i] * this.#grid.cells * width)
        .slice(),
    );
    return { items: items.length, frames, power, product, inPhase, energies };
  }

  /** Where sums of this kind lie: power, product and parts in phase follow each other. */
  #kind(number: number): number {
    return this.#sums + 4 * number * this.#grid.cells * this.#width;
  }

  /** Cells that no bin has stay zero. */
  #makeRoom(width: number): void {
    if (width === this.#width) return;
    this.#width = width;
    const kinds = KINDS.power + KINDS.product + KINDS.inPhase;
    const floats = kinds * this.#grid.cells * width;
    if (floats > this.#room) {
      this.#sums = this.#kernels.allocate(4 * floats);
      this.#room = floats;
    }
    this.#kernels.f32(this.#sums, floats).fill(0);
  }

  #add(group: {
    readonly now: number;
    readonly before: number;
    readonly slice: number;
    readonly slices: number;
    readonly item: number;
    readonly items: number;
  }): void {
    const { now, before, slice, slices, item, items } = group;
    const { bandCells } = this.#grid.sizes;
    const row = 4 * this.#width;
    const column = 4 * (slice * FRAMES_PER_HOP * items + item);
    for (const [k, bin] of this.#grid.bins.entries()) {
      const { offset } = this.#stems.lanes.bins[k];
      const band = Math.floor(bin.first / bandCells);
      /** Where the bin's first cell goes to among sums of which a band has so many kinds. */
      const place = (kind: number, kinds: number) =>
        this.#kind(kind) + (band * kinds * bandCells + (bin.first % bandCells)) * row + column;
      this.#kernels.exports.sumCells(
        now + offset,
        before + offset,
        this.#stems.lanes.channelBytes,
        Math.max(0, Math.min(LANES, slices - slice)),
        Math.min(LANES, slices + 1 - slice),
        bin.coefs * FRAMES_PER_HOP,
        this.#ends[k],
        FRAMES_PER_HOP,
        bin.cells,
        place(0, KINDS.power),
        place(KINDS.power, KINDS.product),
        place(KINDS.power + KINDS.product, KINDS.inPhase),
        row,
        bandCells * row,
        4 * items,
        this.#energies,
        this.#work,
      );
    }
  }
}
