/** An engine's places for pieces in the kernels' memory: coefficients, what is kept of pieces, stems. */
import type { KernelInstance } from "../kernels/instance.ts";
import { ELEMENT_BYTES, LANES } from "../kernels/lanes.ts";
import { type MaskLayout, powerBytes } from "../phase/index.ts";
import { spanOf, type Transform } from "../transforms/index.ts";

/**
 * What is kept of a piece between analysis and synthesis: its samples, left then right, and its masks (mix phase) or the
 * powers made of them (Wiener-EM).
 */
export type Place = "samples" | "masks" | "power";

/** Places for pieces of up to `slices` slices, context included. */
export class PieceMemory {
  readonly #kernels: KernelInstance;
  readonly #bytes: Readonly<Record<Place, number>>;
  readonly #free: Readonly<Record<Place, number[]>> = { samples: [], masks: [], power: [] };

  /** Bytes of one channel's samples, or of one stem. */
  readonly channelBytes: number;
  /** Coefficients of the piece at work: slice group after slice group, left then right. */
  readonly coefficients: number;
  /** Stems of the piece at work, target-major, left and right. */
  readonly stems: readonly number[];

  constructor(kernels: KernelInstance, transform: Transform, masks: MaskLayout, slices: number) {
    this.#kernels = kernels;
    const { coefsPerSlice } = transform;
    const { targets } = masks;
    const groups = Math.ceil(slices / LANES);
    // The lanes of the last group reach beyond the piece.
    this.channelBytes = spanOf(transform, groups * LANES + LANES) * 4;
    this.coefficients = kernels.allocate(groups * 2 * coefsPerSlice * ELEMENT_BYTES);
    this.stems = Array.from({ length: 2 * targets }, () => kernels.allocate(this.channelBytes));
    this.#bytes = {
      samples: 2 * this.channelBytes,
      masks: masks.bytes(slices),
      power: groups * coefsPerSlice * powerBytes(targets),
    };
  }

  /** A place for one piece; give it back with {@link release}. */
  take(place: Place): number {
    return this.#free[place].pop() ?? this.#kernels.allocate(this.#bytes[place]);
  }

  release(place: Place, pointer: number): void {
    this.#free[place].push(pointer);
  }
}
