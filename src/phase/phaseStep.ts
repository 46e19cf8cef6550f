/** The phase step on the kernels' lane layout: statistics and filters of single bins. */
import type { KernelInstance } from "../kernels/instance.ts";
import { ELEMENT_BYTES, LANES } from "../kernels/lanes.ts";
import { SPATIAL, STATISTICS } from "./spatialModel.ts";

const TARGETS = 4;
const WORK_BYTES = 256;

/** Bytes of the powers v_j of one coefficient of four slices. */
export const POWER_BYTES = TARGETS * LANES * 4;

/** One bin of four slices: both channels' coefficients, lane layout. */
export interface BinLanes {
  readonly x0: number;
  readonly x1: number;
  /** M, coefficients per slice. */
  readonly coefs: number;
}

/** The masks of a bin, in the network's frame layout. */
export interface BinMasks {
  /** First target's and channel's mask at τ = 0 of the first lane's even half frame. */
  readonly first: number;
  /** Bytes between the rows of τ. */
  readonly stride: number;
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

  /**
   * Prepares the targets' masks, `count` of each and one target behind the other, for stems that sum to the mixture:
   * where all are near 0 they become alike, and if asked for they are divided by their sum.
   */
  completeMasks(masks: number, count: number, normalise: boolean): void {
    this.#kernels.exports.liftMasks(masks, 4 * count);
    if (normalise) this.#kernels.exports.normaliseMasks(masks, count);
  }

  /** stem = mask·x for all targets and channels; out: [target][channel], M elements each. */
  mix({ x0, x1, coefs }: BinLanes, { first, stride }: BinMasks, out: number): void {
    const { exports } = this.#kernels;
    const half = coefs / 2;
    const bytes = coefs * ELEMENT_BYTES;
    exports.applyMasks(x0, first, stride, half, TARGETS, out, 2 * bytes);
    exports.applyMasks(x1, first + half * stride, stride, half, TARGETS, out + bytes, 2 * bytes);
  }

  /**
   * Adds the statistics of the first `slices` lanes within a window to `sums` (STATISTICS doubles), and writes the
   * powers v_j of all lanes to `power`, M·{@link POWER_BYTES}: they replace the masks in {@link filter}.
   */
  addStatistics(
    { x0, x1, coefs }: BinLanes,
    masks: BinMasks,
    window: WindowLanes,
    slices: number,
    sums: Float64Array,
    power: number,
  ): void {
    const view = this.#kernels.f64(this.#sums, STATISTICS);
    view.set(sums);
    this.#kernels.exports.wienerStatistics(
      x0,
      x1,
      masks.first,
      masks.stride,
      coefs / 2,
      window.first,
      window.length,
      slices,
      this.#sums,
      power,
    );
    sums.set(view);
  }

  /** Writes the filtered coefficients that lie in a window; `spatial`: SPATIAL doubles; out as in {@link mix}. */
  filter(
    { x0, x1, coefs }: BinLanes,
    power: number,
    window: WindowLanes,
    spatial: Float64Array,
    out: number,
  ): void {
    this.#kernels.f64(this.#spatial, SPATIAL).set(spatial);
    this.#kernels.exports.wienerFilter(
      x0,
      x1,
      power,
      coefs,
      window.first,
      window.length,
      this.#spatial,
      this.#work,
      out,
    );
  }
}
