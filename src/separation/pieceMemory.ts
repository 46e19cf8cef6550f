/** An engine's places for pieces in the kernels' memory: network inputs, coefficients, what is kept of them, stems. */
import type { KernelInstance } from "../kernels/instance.ts";
import { ELEMENT_BYTES, LANES } from "../kernels/lanes.ts";
import { type Architecture, framesIn, targets } from "../networks/cdae/index.ts";
import { POWER_BYTES } from "../phase/index.ts";
import type { SliCQTPlan } from "../transforms/slicqt/index.ts";

/** Rows of one slice's masks may be read a little past their end. */
const SLACK = 64;

/**
 * What is kept of a piece between analysis and synthesis: its samples, left then right, and its masks (mix phase) or the
 * powers made of them (Wiener-EM).
 */
export type Place = "samples" | "masks" | "power";

/** Places for pieces of up to `slices` slices, context included. */
export class PieceMemory {
  readonly #kernels: KernelInstance;
  /** Coefficients of all bins before each block. */
  readonly #coefsBefore: readonly number[];
  readonly #bytes: Readonly<Record<Place, number>>;
  readonly #free: Readonly<Record<Place, number[]>> = { samples: [], masks: [], power: [] };

  /** Bytes of one channel's samples, or of one stem. */
  readonly channelBytes: number;
  /** Network input: block after block, see {@link inputOffset}. */
  readonly input: number;
  /** Coefficients of the piece at work: slice group after slice group, left then right. */
  readonly coefficients: number;
  /** Stems of the piece at work, target-major, left and right. */
  readonly stems: readonly number[];

  constructor(
    kernels: KernelInstance,
    plan: SliCQTPlan,
    architecture: Architecture,
    slices: number,
  ) {
    this.#kernels = kernels;
    let before = 0;
    this.#coefsBefore = plan.blocks.map(({ bins, coefs }) => {
      before += bins * coefs;
      return before - bins * coefs;
    });
    const { hop, coefsPerSlice } = plan;
    const groups = Math.ceil(slices / LANES);
    // The lanes of the last group reach beyond the piece.
    this.channelBytes = (groups * LANES + LANES + 1) * hop * 4;
    this.input = kernels.allocate(coefsPerSlice * framesIn(architecture, slices) * 4 + SLACK);
    this.coefficients = kernels.allocate(groups * 2 * coefsPerSlice * ELEMENT_BYTES);
    this.stems = Array.from({ length: 2 * targets.length }, () =>
      kernels.allocate(this.channelBytes),
    );
    this.#bytes = {
      samples: 2 * this.channelBytes,
      masks: targets.length * coefsPerSlice * 2 * slices * 4 + SLACK,
      power: groups * coefsPerSlice * POWER_BYTES,
    };
  }

  /** Bytes before a block's network input of `frames` frames: [2H, bins, frames] floats per block. */
  inputOffset(block: number, frames: number): number {
    return this.#coefsBefore[block] * frames * 4;
  }

  /** Bytes before a block's masks of `frames` frames: [4·2·H, bins, frames] floats per block. */
  maskOffset(block: number, frames: number): number {
    return targets.length * this.#coefsBefore[block] * frames * 4;
  }

  /** A place for one piece; give it back with {@link release}. */
  take(place: Place): number {
    return this.#free[place].pop() ?? this.#kernels.allocate(this.#bytes[place]);
  }

  release(place: Place, pointer: number): void {
    this.#free[place].push(pointer);
  }
}
