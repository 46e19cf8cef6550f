/** A layer of the gate's network, frame by frame (docs/mathematics.md, 9.2). */
import type { KernelInstance } from "../kernels/instance.ts";
import { type ConvolutionWeights, FrameConvolution } from "./frameConvolution.ts";

/** Taps in time. */
export const TAPS = 3;

/** Added to mean squares. */
const EPSILON = 1e-3;

/** x over the root of its mean square. */
export function normalise(x: Float32Array, into: Float32Array): void {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * x[i];
  const scale = 1 / Math.sqrt(sum / x.length + EPSILON);
  for (let i = 0; i < x.length; i++) into[i] = x[i] * scale;
}

/** y + ReLU of a convolution of y, normalised, with zeros before the first frame and after the last. */
export class GateLayer {
  readonly #kernels: KernelInstance;
  readonly #convolution: FrameConvolution;
  readonly #channels: number;
  readonly #dilation: number;
  /** Frames from the first tap to the last. */
  readonly #length: number;
  /**
   * Where the last {@link #length} frames lie, by their number modulo that; normalised each lies there twice, so that taps are
   * in a row.
   */
  readonly #framesAt: number;
  readonly #normalisedAt: number;
  #frames: readonly Float32Array[] = [];
  #normalised: readonly Float32Array[] = [];
  #y: Float32Array = new Float32Array();
  /** Number of the next answer, and of frames in all. */
  #next = 0;
  #count = 0;
  #ended = false;

  /** Allocates what it needs. */
  constructor(kernels: KernelInstance, weights: Omit<ConvolutionWeights, "taps" | "rectified">) {
    this.#kernels = kernels;
    this.#convolution = new FrameConvolution(kernels, { ...weights, taps: TAPS, rectified: true });
    this.#channels = weights.bias.length;
    this.#dilation = weights.dilation;
    this.#length = (TAPS - 1) * weights.dilation + 1;
    this.#framesAt = kernels.allocate(4 * this.#channels * this.#length);
    this.#normalisedAt = kernels.allocate(8 * this.#channels * this.#length);
  }

  /** Takes views of the memory, once nothing more is allocated in it. */
  attach(): void {
    const view = (place: number) => this.#kernels.f32(place, this.#channels);
    const views = (place: number, count: number) =>
      Array.from({ length: count }, (_, i) => view(place + 4 * i * this.#channels));
    this.#frames = views(this.#framesAt, this.#length);
    this.#normalised = views(this.#normalisedAt, 2 * this.#length);
    this.#y = view(this.#convolution.out);
  }

  /** Whether all that the next answer depends on is there. */
  get ready(): boolean {
    return this.#next + (this.#ended ? 0 : this.#dilation) < this.#count;
  }

  push(frame: Float32Array): void {
    const place = this.#count % this.#length;
    this.#frames[place].set(frame);
    normalise(frame, this.#normalised[place]);
    this.#normalised[place + this.#length].set(this.#normalised[place]);
    this.#count++;
  }

  end(): void {
    this.#ended = true;
  }

  /** The next answer, overwritten by the one after it. */
  next(): Float32Array {
    const last = this.#next + this.#dilation;
    if (last >= this.#count) {
      const place = last % this.#length;
      this.#normalised[place].fill(0);
      this.#normalised[place + this.#length].fill(0);
    }
    // Frames before the first one lie where nothing was written yet.
    const first = (last + 1) % this.#length;
    this.#convolution.apply(this.#normalisedAt + 4 * first * this.#channels);
    const own = this.#frames[this.#next % this.#length];
    for (let i = 0; i < own.length; i++) this.#y[i] += own[i];
    this.#next++;
    return this.#y;
  }
}
