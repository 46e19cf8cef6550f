/** From samples in JavaScript arrays to coefficients: copies slice groups into the kernels' memory and back out. */
import { createKernels } from "../../kernels/instance.ts";
import { LANES } from "../../kernels/lanes.ts";
import { type Coefficients, emptyCoefficients, unpackLanes } from "./coefficients.ts";
import type { SliCQTPlan } from "./plan.ts";
import { SliceTransform } from "./sliceTransform.ts";

/** Which analysis: the forward transform, or the adjoint of the inverse. */
export type AnalysisKind = "analyse" | "adjoint";

/** Samples of all channels from position `start` on; outside of them the signal is zero. */
export interface SampleRange {
  readonly channels: readonly Float32Array[];
  readonly start: number;
}

export class Analysis {
  readonly #transform: SliceTransform;
  readonly #samples: readonly [number, number];
  readonly #coefs: readonly [number, number];
  readonly #span: number;

  constructor(plan: SliCQTPlan) {
    const kernels = createKernels();
    this.#transform = new SliceTransform(plan, kernels);
    this.#span = plan.sliceLength + (LANES - 1) * plan.hop + 4;
    this.#samples = [kernels.allocate(this.#span * 4), kernels.allocate(this.#span * 4)];
    const bytes = this.#transform.channelBytes;
    this.#coefs = [kernels.allocate(bytes), kernels.allocate(bytes)];
  }

  /** Coefficients of slices first..first+count−1, counted from the signal's start. */
  slices(kind: AnalysisKind, signal: SampleRange, first: number, count: number): Coefficients {
    const { plan, kernels, channelBytes } = this.#transform;
    const { channels } = signal;
    const out = emptyCoefficients(plan, channels.length, count);
    for (let slice = 0; slice < count; slice += LANES) {
      const position = (first + slice - 1) * plan.hop;
      const used = Math.min(LANES, count - slice);
      for (let channel = 0; channel < channels.length; channel += 2) {
        const pair = channel + 1 < channels.length;
        this.#copyIn(0, channels[channel], position - signal.start);
        if (pair) this.#copyIn(1, channels[channel + 1], position - signal.start);
        this.#transform[kind](
          this.#samples[0],
          pair ? this.#samples[1] : 0,
          this.#coefs[0],
          pair ? this.#coefs[1] : 0,
        );
        for (let a = 0; a < (pair ? 2 : 1); a++) {
          const lanes = kernels.f32(this.#coefs[a], channelBytes / 4);
          unpackLanes(plan, lanes, out, { channel: channel + a, slice, count: used });
        }
      }
    }
    return out;
  }

  /** Samples from..from+span−1 of an array, zeros outside of it. */
  #copyIn(slot: 0 | 1, samples: Float32Array, from: number): void {
    const target = this.#transform.kernels.f32(this.#samples[slot], this.#span);
    const begin = Math.max(0, Math.min(from, samples.length));
    const end = Math.max(0, Math.min(from + this.#span, samples.length));
    target.fill(0);
    target.set(samples.subarray(begin, end), Math.max(0, begin - from));
  }
}
