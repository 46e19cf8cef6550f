/** An engine's places for pieces in the kernels' memory: network inputs, coefficients, masks, stems. */
import type { KernelInstance } from "../kernels/instance.ts";
import { ELEMENT_BYTES, LANES } from "../kernels/lanes.ts";
import { type Architecture, framesIn, targets } from "../network/index.ts";
import type { SliCQTPlan } from "../slicqt/index.ts";

/** Rows of one slice's masks may be read a little past their end. */
const SLACK = 64;

/** Places for pieces of up to `slices` slices, context included. */
export class PieceMemory {
  readonly #kernels: KernelInstance;
  readonly #plan: SliCQTPlan;
  readonly #maskBytes: number;
  readonly #freeMasks: number[] = [];

  /** Left and right samples of the piece at work. */
  readonly samples: readonly [number, number];
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
    this.#plan = plan;
    const { hop, coefsPerSlice } = plan;
    const groups = Math.ceil(slices / LANES);
    const span = (groups * LANES + LANES + 1) * hop * 4;
    this.samples = [kernels.allocate(span), kernels.allocate(span)];
    this.input = kernels.allocate(coefsPerSlice * framesIn(architecture, slices) * 4 + SLACK);
    this.coefficients = kernels.allocate(groups * 2 * coefsPerSlice * ELEMENT_BYTES);
    this.stems = Array.from({ length: 2 * targets.length }, () => kernels.allocate(span));
    this.#maskBytes = targets.length * coefsPerSlice * 2 * slices * 4 + SLACK;
  }

  /** Bytes before a block's network input of `frames` frames: [2H, bins, frames] floats per block. */
  inputOffset(block: number, frames: number): number {
    return this.#coefsBefore(block) * frames * 4;
  }

  /** Bytes before a block's masks of `frames` frames: [4·2·H, bins, frames] floats per block. */
  maskOffset(block: number, frames: number): number {
    return targets.length * this.#coefsBefore(block) * frames * 4;
  }

  #coefsBefore(block: number): number {
    let coefs = 0;
    for (let b = 0; b < block; b++) coefs += this.#plan.blocks[b].bins * this.#plan.blocks[b].coefs;
    return coefs;
  }

  /** A place for the masks of one piece; give it back with {@link release}. */
  takeMasks(): number {
    return this.#freeMasks.pop() ?? this.#kernels.allocate(this.#maskBytes);
  }

  release(masks: number): void {
    this.#freeMasks.push(masks);
  }
}
