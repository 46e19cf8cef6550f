/**
 * How masks lie in memory, between network and phase: block after block, [J·2·H, bins, 2·slices] floats each, row
 * (target·2 + channel)·H + τ, with H = M/2 the coefficients of half a slice. Coefficient n of slice s has its mask in
 * row τ = n mod H at half slice 2s + ⌊n/H⌋.
 */
import type { BinMasks } from "./phaseStep.ts";

/** Masks are laid out in halves of slices. */
export const HALVES = 2;

/** Rows of one slice's masks may be read a little past their end. */
const SLACK = 64;

/** Sizes of a block, see `transforms/transform.ts`. */
interface BlockSize {
  readonly bins: number;
  readonly coefs: number;
}

/** The layout for the blocks of a transform and a number of targets. */
export class MaskLayout {
  readonly targets: number;
  readonly #blocks: readonly BlockSize[];
  /** Coefficients of a slice in all blocks before each, and in all. */
  readonly #before: readonly number[];
  readonly #coefsPerSlice: number;

  constructor(blocks: readonly BlockSize[], targets: number) {
    this.targets = targets;
    this.#blocks = blocks;
    let sum = 0;
    this.#before = blocks.map(({ bins, coefs }) => {
      sum += bins * coefs;
      return sum - bins * coefs;
    });
    this.#coefsPerSlice = sum;
  }

  /** Bytes of the masks of so many slices. */
  bytes(slices: number): number {
    return this.targets * this.#coefsPerSlice * HALVES * slices * 4 + SLACK;
  }

  /** Bytes before a block's masks. */
  offset(block: number, slices: number): number {
    return this.targets * this.#before[block] * HALVES * slices * 4;
  }

  /** Masks of one target in a block: M·F·2·slices. */
  perTarget(block: number, slices: number): number {
    const { bins, coefs } = this.#blocks[block];
    return coefs * bins * HALVES * slices;
  }

  /** Dimensions of a block's masks as a network's output. */
  dims(block: number, slices: number): readonly number[] {
    const { bins, coefs } = this.#blocks[block];
    return [1, this.targets * coefs, bins, HALVES * slices];
  }

  /** Replaces a block's masks of both channels by their mean in the slices where `alike` is 1. */
  equaliseSides(masks: Float32Array, block: number, alike: Uint8Array): void {
    const { bins, coefs } = this.#blocks[block];
    const columns = HALVES * alike.length;
    const side = (coefs / 2) * bins * columns;
    for (let target = 0; target < this.targets; target++) {
      const left = 2 * target * side;
      for (let row = left; row < left + side; row += columns) {
        for (let column = 0; column < columns; column++) {
          if (alike[column >> 1] === 0) continue;
          const mean = (masks[row + column] + masks[row + side + column]) / 2;
          masks[row + column] = mean;
          masks[row + side + column] = mean;
        }
      }
    }
  }

  /** Where the masks of a block's bin lie, from slice `slice` of `slices` on; `masks`: where all masks begin. */
  bin(masks: number, block: number, bin: number, slice: number, slices: number): BinMasks {
    const { bins } = this.#blocks[block];
    const column = bin * HALVES * slices + HALVES * slice;
    return {
      first: masks + this.offset(block, slices) + column * 4,
      stride: bins * HALVES * slices * 4,
    };
  }
}
