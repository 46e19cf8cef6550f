/** The exact inverse sliCQT (docs/mathematics.md, 1.7, formula (I)), of whole signals and of streams. */
import { ArgumentError } from "../../errors.ts";
import { createKernels } from "../../kernels/instance.ts";
import { LANES } from "../../kernels/lanes.ts";
import { type Coefficients, checkCoefficients, packLanes } from "./coefficients.ts";
import type { SliCQTPlan } from "./plan.ts";
import { SliceTransform } from "./sliceTransform.ts";

/**
 * Inverse of a stream: takes slices in order, any number at a time, and gives the samples that no later slice
 * will change.
 */
export class InverseStream {
  readonly #transform: SliceTransform;
  readonly #channels: number;
  readonly #coefs: readonly [number, number];
  /** Overlap-add buffer per channel: `span` samples from the start of the next slice on. */
  readonly #sums: readonly number[];
  readonly #span: number;
  #slices = 0;

  constructor(plan: SliCQTPlan, channels: number) {
    if (!Number.isInteger(channels) || channels < 1) {
      throw new ArgumentError(`A stream needs at least one channel, not ${channels}.`);
    }
    const kernels = createKernels();
    this.#transform = new SliceTransform(plan, kernels);
    this.#channels = channels;
    const bytes = this.#transform.channelBytes;
    this.#coefs = [kernels.allocate(bytes), kernels.allocate(bytes)];
    this.#span = plan.sliceLength + (LANES - 1) * plan.hop;
    this.#sums = Array.from({ length: channels }, () => kernels.allocate(this.#span * 4));
  }

  /**
   * Adds slices; returns the finished samples per channel: 2h for every slice but the stream's first.
   * @throws {ArgumentError} if the shapes do not fit the plan and the stream's channels.
   */
  push(coefficients: Coefficients): Float32Array[] {
    const { plan } = this.#transform;
    if (coefficients.channels !== this.#channels) {
      throw new ArgumentError(
        `The stream has ${this.#channels} channels, not ${coefficients.channels}.`,
      );
    }
    checkCoefficients(plan, coefficients);
    // What lies before sample 0 is finished by the first slice and dropped.
    const lead = this.#slices === 0 ? plan.hop : 0;
    const total = coefficients.slices * plan.hop;
    const out = this.#sums.map(() => new Float32Array(Math.max(0, total - lead)));
    for (let slice = 0; slice < coefficients.slices; slice += LANES) {
      const count = Math.min(LANES, coefficients.slices - slice);
      this.#addGroup(coefficients, slice, count);
      this.#take(count * plan.hop, out, slice * plan.hop - lead);
    }
    this.#slices += coefficients.slices;
    return out;
  }

  #addGroup(coefficients: Coefficients, slice: number, count: number): void {
    const { plan, kernels, channelBytes } = this.#transform;
    for (let channel = 0; channel < this.#channels; channel += 2) {
      const pair = channel + 1 < this.#channels;
      for (let a = 0; a < (pair ? 2 : 1); a++) {
        const lanes = kernels.f32(this.#coefs[a], channelBytes / 4);
        packLanes(plan, coefficients, lanes, { channel: channel + a, slice, count });
      }
      this.#transform.synthesise(
        this.#coefs[0],
        pair ? this.#coefs[1] : 0,
        count,
        this.#sums[channel],
        pair ? this.#sums[channel + 1] : 0,
      );
    }
  }

  /** Moves the first n finished samples out to position `at` (negative positions are dropped). */
  #take(n: number, out: readonly Float32Array[], at: number): void {
    const skip = Math.max(0, -at);
    this.#sums.forEach((pointer, c) => {
      const sums = this.#transform.kernels.f32(pointer, this.#span);
      out[c].set(sums.subarray(skip, n), at + skip);
      sums.copyWithin(0, n);
      sums.fill(0, this.#span - n);
    });
  }

  /** Ends the stream: the last 2h samples per channel. */
  flush(): Float32Array[] {
    if (this.#slices === 0) return this.#sums.map(() => new Float32Array(0));
    const { hop } = this.#transform.plan;
    const out = this.#sums.map(() => new Float32Array(hop));
    this.#take(hop, out, 0);
    return out;
  }
}

/**
 * Inverse transform of a whole signal.
 * @param samples length N of the signal; at most 2S·h.
 * @returns one array of N samples per channel; exact: inverse(forward(x)) = x up to float32 rounding, every scale.
 * @throws {ArgumentError} if shapes do not fit the plan or N is more than the slices cover.
 */
export function inverse(
  plan: SliCQTPlan,
  coefficients: Coefficients,
  samples: number,
): Float32Array[] {
  if (!Number.isInteger(samples) || samples < 1 || samples > coefficients.slices * plan.hop) {
    throw new ArgumentError(
      `${coefficients.slices} slices hold 1 to ${coefficients.slices * plan.hop} samples, not ${samples}.`,
    );
  }
  const stream = new InverseStream(plan, coefficients.channels);
  const body = stream.push(coefficients);
  const tail = stream.flush();
  return body.map((first, c) => {
    const out = new Float32Array(samples);
    out.set(first.subarray(0, samples));
    if (first.length < samples) out.set(tail[c].subarray(0, samples - first.length), first.length);
    return out;
  });
}
