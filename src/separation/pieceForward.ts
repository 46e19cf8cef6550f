/** A piece's way from samples to coefficients, which the network takes as they are made. */
import type { KernelInstance } from "../kernels/instance.ts";
import { LANES } from "../kernels/lanes.ts";
import type { MaskEngine, SliceContext } from "../networks/index.ts";
import { type LaneTransform, spanOf, type Transform } from "../transforms/index.ts";
import type { Extent, PieceSamples } from "./piece.ts";
import type { PieceMemory } from "./pieceMemory.ts";

export class PieceForward {
  readonly #kernels: KernelInstance;
  readonly #transform: Transform;
  readonly #lanes: LaneTransform;
  readonly #memory: PieceMemory;

  constructor(
    kernels: KernelInstance,
    transform: Transform,
    lanes: LaneTransform,
    memory: PieceMemory,
  ) {
    this.#kernels = kernels;
    this.#transform = transform;
    this.#lanes = lanes;
    this.#memory = memory;
  }

  /**
   * Coefficients of the piece's own slices, and those of all for the network.
   * @returns slices on each side that the network gives no masks of.
   */
  analyse(
    { before, slices, after }: Extent,
    samples: number,
    gains: Float32Array,
    network: MaskEngine,
  ): SliceContext {
    const leftOut = network.begin(before + slices + after, gains, { before, after });
    // Context first: what its lanes write into the piece's coefficients, the piece's own groups replace.
    for (let slice = 0; slice < before; slice += LANES) {
      network.take(this.group(samples, slice, 0), slice);
    }
    const end = before + slices;
    for (let slice = end; slice < end + after; slice += LANES) {
      network.take(this.group(samples, slice, 0), slice);
    }
    for (let s = 0; s < slices; s += LANES) {
      network.take(this.group(samples, before + s, s / LANES), before + s);
    }
    return leftOut;
  }

  /** Copies a piece's samples to their place, zeros after them for the lanes that reach beyond. */
  load({ before, slices, after }: Extent, samples: PieceSamples, place: number): void {
    const length = spanOf(this.#transform, before + slices + after);
    const { channelBytes } = this.#memory;
    samples.forEach((channel, c) => {
      const target = this.#kernels.f32(place + c * channelBytes, channelBytes / 4);
      target.set(channel.subarray(0, length));
      target.fill(0, length);
    });
  }

  /** Forward transform of four slices of the samples at a place, to the place of slice group `group`. */
  group(samples: number, slice: number, group: number): number {
    const { channelBytes } = this.#lanes;
    const left = samples + slice * this.#transform.hop * 4;
    const to = this.#memory.coefficients + group * 2 * channelBytes;
    this.#lanes.analyse(left, left + this.#memory.channelBytes, to, to + channelBytes);
    return to;
  }
}
