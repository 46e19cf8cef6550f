/** The phase step on the kernels' lane layout: statistics and filters of single bins. */
import type { KernelInstance } from "../kernels/instance.ts";
import { ELEMENT_BYTES, LANES } from "../kernels/lanes.ts";
import { spatialSize, statisticsSize } from "./spatialModel.ts";

/** Bytes of the powers v_j of one coefficient of four slices. */
export function powerBytes(targets: number): number {
  return targets * LANES * 4;
}

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
  readonly #targets: number;
  readonly #work: number;
  readonly #sums: number;
  readonly #spatial: number;

  /** @param targets stems, whose masks and powers follow each other */
  constructor(kernels: KernelInstance, targets: number) {
    this.#kernels = kernels;
    this.#targets = targets;
    this.#work = kernels.allocate(2 * targets * ELEMENT_BYTES);
    this.#sums = kernels.allocate(statisticsSize(targets) * 8);
    this.#spatial = kernels.allocate(spatialSize(targets) * 8);
  }

  /**
   * Prepares the targets' masks, `count` of each and one target after the other, for stems that sum to the mixture:
   * where all are near 0 they become alike, and if asked for they are divided by their sum.
   */
  completeMasks(masks: number, count: number, normalise: boolean): void {
    this.#kernels.exports.liftMasks(masks, this.#targets * count);
    if (normalise) this.#kernels.exports.normaliseMasks(masks, count, this.#targets);
  }

  /** stem = mask·x for all targets and channels; out: [target][channel], M elements each. */
  mix({ x0, x1, coefs }: BinLanes, { first, stride }: BinMasks, out: number): void {
    const { exports } = this.#kernels;
    const half = coefs / 2;
    const bytes = coefs * ELEMENT_BYTES;
    const targets = this.#targets;
    exports.applyMasks(x0, first, stride, half, targets, out, 2 * bytes);
    exports.applyMasks(x1, first + half * stride, stride, half, targets, out + bytes, 2 * bytes);
  }

  /**
   * Adds the statistics of the first `slices` lanes within a window to `sums` ({@link statisticsSize} doubles), and writes the
   * powers v_j of all lanes to `power`, M·{@link powerBytes}: they replace the masks in {@link filter}.
   */
  addStatistics(
    { x0, x1, coefs }: BinLanes,
    masks: BinMasks,
    window: WindowLanes,
    slices: number,
    sums: Float64Array,
    power: number,
  ): void {
    const view = this.#kernels.f64(this.#sums, sums.length);
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
      this.#targets,
    );
    sums.set(view);
  }

  /** Writes the filtered coefficients that lie in a window; `spatial`: {@link spatialSize} doubles; out as in {@link mix}. */
  filter(
    { x0, x1, coefs }: BinLanes,
    power: number,
    window: WindowLanes,
    spatial: Float64Array,
    out: number,
  ): void {
    this.#kernels.f64(this.#spatial, spatial.length).set(spatial);
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
      this.#targets,
    );
  }
}
