/** The frames of a layer that later ones still depend on, in the kernels' memory. */
import type { KernelInstance } from "../../kernels/instance.ts";

/** What lies in a frame: [part, bin, channel], with `margin` empty bins on both sides of each part's. */
export interface FrameShape {
  readonly parts: number;
  readonly bins: number;
  readonly channels: number;
  readonly margin: number;
}

/** Frames of a signal, from `before` frames of zeros on; what lies beyond the last one means nothing. */
export class FrameBuffer {
  readonly #kernels: KernelInstance;
  readonly #place: number;
  readonly #capacity: number;
  readonly #before: number;
  readonly #marginBytes: number;
  /** Bytes of a bin, of a part with its margins, of a frame. */
  readonly binBytes: number;
  readonly partBytes: number;
  readonly frameBytes: number;
  /** Bytes from one target's input to the next one's: none where all read the same. */
  readonly sharedBytes: number;
  /** The frame that lies first. */
  #first: number;
  /** Frames of the signal that are whole. */
  count = 0;

  /**
   * @param before frames of zeros before the signal
   * @param capacity most frames that are kept at once
   */
  constructor(kernels: KernelInstance, shape: FrameShape, before: number, capacity: number) {
    const { parts, bins, channels, margin } = shape;
    this.#kernels = kernels;
    this.#before = before;
    this.#capacity = capacity;
    this.binBytes = channels * 4;
    this.#marginBytes = margin * this.binBytes;
    this.partBytes = bins * this.binBytes + 2 * this.#marginBytes;
    this.frameBytes = parts * this.partBytes;
    this.sharedBytes = parts === 1 ? 0 : this.partBytes;
    this.#place = kernels.allocate(capacity * this.frameBytes);
    this.#first = -before;
  }

  /** Where a frame begins, its margin included. */
  at(frame: number): number {
    return this.#place + (frame - this.#first) * this.frameBytes;
  }

  /** Where its first part's bins begin. */
  bins(frame: number): number {
    return this.at(frame) + this.#marginBytes;
  }

  /** Makes room for all frames up to `end`; those before `needed` may be forgotten. */
  makeRoom(end: number, needed: number): void {
    if (end - this.#first <= this.#capacity) return;
    this.#all.copyWithin(0, ((needed - this.#first) * this.frameBytes) / 4);
    this.#first = needed;
    if (end - needed > this.#capacity) throw new RangeError("a layer remembers too few frames");
  }

  /** Adds frames of zeros up to `end`. */
  pad(end: number): void {
    if (end <= this.count) return;
    const from = (this.at(this.count) - this.#place) / 4;
    this.#all.fill(0, from, from + ((end - this.count) * this.frameBytes) / 4);
    this.count = end;
  }

  /** Begins another signal. */
  reset(): void {
    this.#all.fill(0);
    this.#first = -this.#before;
    this.count = 0;
  }

  get #all(): Float32Array {
    return this.#kernels.f32(this.#place, (this.#capacity * this.frameBytes) / 4);
  }
}
