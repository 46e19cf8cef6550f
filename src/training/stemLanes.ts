/** Coefficients of the stems of an excerpt, four slices at a time, in the kernels' memory. */
import type { KernelInstance } from "../kernels/instance.ts";
import { LANES } from "../kernels/lanes.ts";
import { type LaneTransform, spanOf, type Transform } from "../transforms/index.ts";

/** Left and right of four stems. */
export const STEM_CHANNELS = 8;

export class StemLanes {
  readonly lanes: LaneTransform;
  readonly #transform: Transform;
  readonly #kernels: KernelInstance;
  /** Samples of a group of slices, left and right. */
  readonly #samples: readonly [number, number];

  constructor(transform: Transform, kernels: KernelInstance) {
    this.lanes = transform.inLanes(kernels);
    this.#transform = transform;
    this.#kernels = kernels;
    const bytes = 4 * this.#span;
    this.#samples = [kernels.allocate(bytes), kernels.allocate(bytes)];
  }

  /** Bytes of the coefficients of four slices of all channels. */
  get bytes(): number {
    return STEM_CHANNELS * this.lanes.channelBytes;
  }

  /**
   * Writes the coefficients of four slices from `slice` on, channel after channel; beyond the samples there is silence.
   *
   * @param channels left and right of each stem in turn
   * @param to a place for {@link bytes} bytes
   */
  analyse(channels: readonly Float32Array[], slice: number, to: number): void {
    const { hop, lead } = this.#transform;
    const { channelBytes } = this.lanes;
    const from = slice * hop - lead;
    const [left, right] = this.#samples;
    for (let channel = 0; channel < channels.length; channel += 2) {
      this.#copy(channels[channel], from, left);
      this.#copy(channels[channel + 1], from, right);
      const place = to + channel * channelBytes;
      this.lanes.analyse(left, right, place, place + channelBytes);
    }
  }

  /** Samples that are transformed at once, and a few beyond that kernels may read. */
  get #span(): number {
    return spanOf(this.#transform, LANES) + LANES;
  }

  #copy(samples: Float32Array, from: number, to: number): void {
    const target = this.#kernels.f32(to, this.#span);
    const begin = Math.max(0, Math.min(from, samples.length));
    const end = Math.max(begin, Math.min(from + this.#span, samples.length));
    target.fill(0);
    target.set(samples.subarray(begin, end), begin === end ? 0 : begin - from);
  }
}
