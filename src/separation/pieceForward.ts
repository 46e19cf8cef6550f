/** A piece's way from samples to coefficients, and to the network's input. */
import type { KernelInstance } from "../kernels/instance.ts";
import { LANES } from "../kernels/lanes.ts";
import type { SliCQTPlan } from "../transforms/slicqt/index.ts";
import type { SliceTransform } from "../transforms/slicqt/sliceTransform.ts";
import type { Extent, PieceSamples } from "./piece.ts";
import type { PieceMemory } from "./pieceMemory.ts";
import type { PreparedModel } from "./preparedModel.ts";

export class PieceForward {
  readonly #kernels: KernelInstance;
  readonly #plan: SliCQTPlan;
  readonly #transform: SliceTransform;
  readonly #memory: PieceMemory;
  readonly #realtime: boolean;
  readonly #normalisation: PreparedModel["normalisation"];

  constructor(transform: SliceTransform, memory: PieceMemory, model: PreparedModel) {
    this.#kernels = transform.kernels;
    this.#plan = transform.plan;
    this.#transform = transform;
    this.#memory = memory;
    this.#realtime = model.architecture.realtime;
    this.#normalisation = model.normalisation;
  }

  /** Coefficients of the piece's own slices, and the network's input for all. */
  analyse({ before, slices, after }: Extent, samples: number, frames: number): void {
    if (this.#realtime) {
      const { input } = this.#memory;
      this.#kernels.f32(input, this.#plan.coefsPerSlice * frames).fill(0);
    }
    // Context first: what its lanes write into the piece's frames and coefficients, the piece's own groups replace.
    const context = [before > 0 ? 0 : [], after > 0 ? before + slices : []].flat();
    for (const slice of context) this.#fillInput(this.group(samples, slice, 0), slice, frames);
    for (let s = 0; s < slices; s += LANES) {
      this.#fillInput(this.group(samples, before + s, s / LANES), before + s, frames);
    }
  }

  /** Copies a piece's samples to their place, zeros behind them for the lanes that reach beyond. */
  load({ before, slices, after }: Extent, samples: PieceSamples, place: number): void {
    const length = (before + slices + after + 1) * this.#plan.hop;
    const { channelBytes } = this.#memory;
    samples.forEach((channel, c) => {
      const target = this.#kernels.f32(place + c * channelBytes, channelBytes / 4);
      target.set(channel.subarray(0, length));
      target.fill(0, length);
    });
  }

  /** Forward transform of four slices of the samples at a place, to the place of slice group `group`. */
  group(samples: number, slice: number, group: number): number {
    const { channelBytes } = this.#transform;
    const left = samples + slice * this.#plan.hop * 4;
    const to = this.#memory.coefficients + group * 2 * channelBytes;
    this.#transform.analyse(left, left + this.#memory.channelBytes, to, to + channelBytes);
    return to;
  }

  #fillInput(coefficients: number, slice: number, frames: number): void {
    const { exports } = this.#kernels;
    const advance = this.#realtime ? 1 : 0;
    const frame = 2 * slice + 2 * advance;
    const count = Math.min(2 * LANES, frames - frame);
    this.#plan.blocks.forEach(({ first, bins, coefs }, b) => {
      const { mean, scale } = this.#normalisation[b];
      const input = this.#memory.input + this.#memory.inputOffset(b, frames);
      const stride = bins * frames * 4;
      for (let f = 0; f < bins; f++) {
        const c = coefficients + this.#transform.bins[first + f].offset;
        const to = input + f * frames * 4;
        const half = coefs / 2;
        exports.frameMagnitudes(c, half, mean[f], scale[f], advance, to, stride, frame, count);
        exports.frameMagnitudes(
          c + this.#transform.channelBytes,
          half,
          mean[f],
          scale[f],
          advance,
          to + half * stride,
          stride,
          frame,
          count,
        );
      }
    });
  }
}
