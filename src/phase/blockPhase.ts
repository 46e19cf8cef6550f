/**
 * The phase step on plain arrays of one block: magnitudes of all targets and a stereo mixture in, complex stems out.
 *
 * Axes as the transform's blocks have them, batch and target first:
 *   mixture    [batch, 2, bins, slices, coefs, 2],
 *   magnitudes [J, batch, 2, bins, slices, coefs],
 *   stems      [J, batch, 2, bins, slices, coefs, 2].
 */
import { ArgumentError } from "../errors.ts";
import { createKernels, type KernelInstance } from "../kernels/instance.ts";
import { ELEMENT_BYTES, ELEMENT_FLOATS, LANES } from "../kernels/lanes.ts";
import {
  type BinLanes,
  type BinMasks,
  PhaseStep,
  powerBytes,
  type WindowLanes,
} from "./phaseStep.ts";
import {
  checkPhase,
  isComplete,
  type PhaseSettings,
  type WienerEm,
  windowLength,
} from "./settings.ts";
import { blockPeak, spatialModel, spatialSize, statisticsSize } from "./spatialModel.ts";

/**
 * Stands in for a mixture coefficient of exactly 0, so that a magnitude estimated there still counts (with phase 0,
 * as in the original) in a formulation by masks.
 */
const TINY = 1e-15;

/** Sizes of a block's arrays. */
export interface BlockShape {
  /** J. */
  readonly targets: number;
  readonly batch: number;
  readonly bins: number;
  readonly slices: number;
  readonly coefs: number;
}

/**
 * Complex stems of one block.
 * @throws {ArgumentError} if the arrays do not have the shapes above or a setting is out of range.
 */
export function blockPhase(
  mixture: Float32Array,
  magnitudes: Float32Array,
  shape: BlockShape,
  settings: PhaseSettings,
  kind: "simd" | "plain" = "simd",
): Float32Array {
  checkPhase(settings);
  const { targets, batch, bins, slices, coefs } = shape;
  const positions = batch * 2 * bins * slices * coefs;
  if (mixture.length !== 2 * positions || magnitudes.length !== targets * positions) {
    throw new ArgumentError(
      `A block of [${batch}, 2, ${bins}, ${slices}, ${coefs}] needs ${2 * positions} mixture numbers and ` +
        `${targets * positions} magnitudes, not ${mixture.length} and ${magnitudes.length}.`,
    );
  }
  if (coefs % 2 !== 0)
    throw new ArgumentError(`Coefficients per slice must be even, not ${coefs}.`);
  const out = new Float32Array(targets * 2 * positions);
  const work = new BlockWork(shape, kind);
  const windows =
    settings.method === "mix" ? [] : work.spatialModels(mixture, magnitudes, settings);
  work.each((item, bin, slice) => {
    work.load(mixture, magnitudes, item, bin, slice);
    work.complete(settings);
    if (settings.method === "mix") {
      work.phase.mix(work.lanes, work.masks, work.out);
    } else {
      windows.forEach((spatial, w) => {
        const at = (item * bins + bin) * spatialSize(targets);
        const window = work.window(w, slice, windowLength(settings.window, coefs));
        const own = spatial.subarray(at, at + spatialSize(targets));
        work.measure(slice, window, new Float64Array(statisticsSize(targets)));
        work.phase.filter(work.lanes, work.power, window, own, work.out);
      });
    }
    work.store(out, item, bin, slice);
  });
  return out;
}

/** Four slices of one bin at a time in the kernels' memory. */
class BlockWork {
  readonly #shape: BlockShape;
  readonly #kernels: KernelInstance;
  readonly phase: PhaseStep;
  readonly lanes: BinLanes;
  readonly masks: BinMasks;
  /** Powers v_j of the bin at work. */
  readonly power: number;
  readonly out: number;

  constructor(shape: BlockShape, kind: "simd" | "plain") {
    this.#shape = shape;
    this.#kernels = createKernels(kind);
    this.phase = new PhaseStep(this.#kernels, shape.targets);
    const bytes = shape.coefs * ELEMENT_BYTES;
    const x0 = this.#kernels.allocate(2 * bytes);
    // Rows of four slices: two half frames each.
    const stride = 2 * LANES * 4;
    this.masks = { first: this.#kernels.allocate(shape.targets * shape.coefs * stride), stride };
    this.lanes = { x0, x1: x0 + bytes, coefs: shape.coefs };
    this.power = this.#kernels.allocate(shape.coefs * powerBytes(shape.targets));
    this.out = this.#kernels.allocate(2 * shape.targets * bytes);
  }

  each(visit: (item: number, bin: number, slice: number) => void): void {
    const { batch, bins, slices } = this.#shape;
    for (let item = 0; item < batch; item++) {
      for (let bin = 0; bin < bins; bin++) {
        for (let slice = 0; slice < slices; slice += LANES) visit(item, bin, slice);
      }
    }
  }

  /** Statistics and powers of the bin at work within a window. */
  measure(slice: number, window: WindowLanes, sums: Float64Array): void {
    const used = Math.min(LANES, this.#shape.slices - slice);
    this.phase.addStatistics(this.lanes, this.masks, window, used, sums, this.power);
  }

  window(index: number, slice: number, length: number) {
    return { first: slice * this.#shape.coefs - index * length, length };
  }

  /** Row-major index of coefficient 0 in [item, channel, bin, slice]. */
  #at(item: number, channel: number, bin: number, slice: number): number {
    const { bins, slices, coefs } = this.#shape;
    return (((item * 2 + channel) * bins + bin) * slices + slice) * coefs;
  }

  load(mixture: Float32Array, magnitudes: Float32Array, item: number, bin: number, slice: number) {
    const { targets, batch, bins, slices, coefs } = this.#shape;
    const half = coefs / 2;
    const x = this.#kernels.f32(this.lanes.x0, 2 * coefs * ELEMENT_FLOATS).fill(0);
    const masks = this.#kernels.f32(this.masks.first, targets * coefs * 2 * LANES).fill(0);
    const perTarget = batch * 2 * bins * slices * coefs;
    for (let channel = 0; channel < 2; channel++) {
      for (let lane = 0; lane < Math.min(LANES, slices - slice); lane++) {
        const from = this.#at(item, channel, bin, slice + lane);
        for (let n = 0; n < coefs; n++) {
          let re = mixture[2 * (from + n)];
          const im = mixture[2 * (from + n) + 1];
          let abs = Math.hypot(re, im);
          if (abs === 0) re = abs = TINY;
          const to = (channel * coefs + n) * ELEMENT_FLOATS + lane;
          x[to] = re;
          x[to + LANES] = im;
          for (let j = 0; j < targets; j++) {
            const row = (2 * j + channel) * half + (n % half);
            masks[row * 2 * LANES + 2 * lane + (n < half ? 0 : 1)] =
              magnitudes[j * perTarget + from + n] / abs;
          }
        }
      }
    }
  }

  /** Prepares the masks for stems that sum to the mixture, if they are to. */
  complete(settings: PhaseSettings): void {
    if (!isComplete(settings)) return;
    const count = 2 * LANES * this.#shape.coefs;
    this.phase.completeMasks(this.masks.first, count, settings.method === "mix");
  }

  store(out: Float32Array, item: number, bin: number, slice: number): void {
    const { targets, batch, bins, slices, coefs } = this.#shape;
    const lanes = this.#kernels.f32(this.out, 2 * targets * coefs * ELEMENT_FLOATS);
    const perTarget = batch * 2 * bins * slices * coefs;
    for (let row = 0; row < 2 * targets; row++) {
      for (let lane = 0; lane < Math.min(LANES, slices - slice); lane++) {
        let to = 2 * ((row >> 1) * perTarget + this.#at(item, row & 1, bin, slice + lane));
        for (let n = 0; n < coefs; n++) {
          const from = (row * coefs + n) * ELEMENT_FLOATS + lane;
          out[to++] = lanes[from];
          out[to++] = lanes[from + LANES];
        }
      }
    }
  }

  /** Per window: {@link spatialSize} doubles for each item and bin. The scale c is shared by the batch, as in the original. */
  spatialModels(
    mixture: Float32Array,
    magnitudes: Float32Array,
    settings: WienerEm,
  ): Float64Array[] {
    const { targets, batch, bins, slices, coefs } = this.#shape;
    const size = statisticsSize(targets);
    const total = slices * coefs;
    const length = windowLength(settings.window, coefs);
    const count = Math.ceil(total / length);
    const sums = Array.from({ length: count }, () => new Float64Array(batch * bins * size));
    this.each((item, bin, slice) => {
      this.load(mixture, magnitudes, item, bin, slice);
      this.complete(settings);
      const at = (item * bins + bin) * size;
      sums.forEach((all, w) => {
        const own = all.subarray(at, at + size);
        this.measure(slice, this.window(w, slice, length), own);
      });
    });
    return sums.map((all, w) => {
      const frames = Math.min(length, total - w * length);
      return spatialModel(
        all,
        { targets, frames },
        settings.regularisation,
        blockPeak(all, targets),
      );
    });
  }
}
