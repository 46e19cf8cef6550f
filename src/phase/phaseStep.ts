/** The phase step on the kernels' lane layout: statistics and filters of single bins. */
import type { KernelInstance } from "../kernels/instance.ts";
import { ELEMENT_BYTES } from "../kernels/lanes.ts";
import { SPATIAL, STATISTICS } from "./spatialModel.ts";

const TARGETS = 4;
const WORK_BYTES = 320;

/** One bin of four slices: both channels' coefficients and the masks that belong to them. */
export interface BinLanes {
  /** Coefficients of the channels, lane layout. */
  readonly x0: number;
  readonly x1: number;
  /** First target's and channel's mask at τ = 0 of the first lane's even half frame. */
  readonly masks: number;
  /** Bytes between the rows of τ. */
  readonly maskStride: number;
  /** M, coefficients per slice. */
  readonly coefs: number;
}

/** Where a window lies, seen from the lanes. */
export interface WindowLanes {
  /** Frame of lane 0, coefficient 0, counted from the window's start; may be negative. */
  readonly first: number;
  /** Frames of the window. */
  readonly length: number;
}

export class PhaseStep {
  readonly #kernels: KernelInstance;
  readonly #work: number;
  readonly #sums: number;
  readonly #spatial: number;

  constructor(kernels: KernelInstance) {
    this.#kernels = kernels;
    this.#work = kernels.allocate(WORK_BYTES);
    this.#sums = kernels.allocate(STATISTICS * 8);
    this.#spatial = kernels.allocate(SPATIAL * 8);
  }

  /** stem = mask·x for all targets and channels; out: [target][channel], M elements each. */
  mix(bin: BinLanes, out: number): void {
    const { exports } = this.#kernels;
    const { x0, x1, masks, maskStride, coefs } = bin;
    const half = coefs / 2;
    const bytes = coefs * ELEMENT_BYTES;
    exports.applyMasks(x0, masks, maskStride, half, TARGETS, out, 2 * bytes);
    exports.applyMasks(
      x1,
      masks + half * maskStride,
      maskStride,
      half,
      TARGETS,
      out + bytes,
      2 * bytes,
    );
  }

  /** Adds the statistics of the first `slices` lanes within a window to `sums` (STATISTICS doubles). */
  addStatistics(bin: BinLanes, window: WindowLanes, slices: number, sums: Float64Array): void {
    const view = this.#kernels.f64(this.#sums, STATISTICS);
    view.set(sums);
    this.#kernels.exports.wienerStatistics(
      bin.x0,
      bin.x1,
      bin.masks,
      bin.maskStride,
      bin.coefs / 2,
      window.first,
      window.length,
      slices,
      this.#sums,
    );
    sums.set(view);
  }

  /** Writes the filtered coefficients that lie in a window; `spatial`: SPATIAL doubles; out as in {@link mix}. */
  filter(bin: BinLanes, window: WindowLanes, spatial: Float64Array, out: number): void {
    this.#kernels.f64(this.#spatial, SPATIAL).set(spatial);
    this.#kernels.exports.wienerFilter(
      bin.x0,
      bin.x1,
      bin.masks,
      bin.maskStride,
      bin.coefs / 2,
      window.first,
      window.length,
      this.#spatial,
      this.#work,
      out,
    );
  }
}
