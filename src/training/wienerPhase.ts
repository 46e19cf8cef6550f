/**
 * Wiener-EM in training, outside of the graphs: from a block's masks to stems, their squared errors and back to the
 * gradient by the masks, by the kernels of `assembly/turnedWiener.ts`. Graphs of the network give the masks and take
 * that gradient, in arrays that lie in the kernels' memory.
 */
import { ArgumentError } from "../errors.ts";
import { createKernels, type KernelInstance } from "../kernels/instance.ts";
import type { FloatTensor, FloatTensors } from "../runtime/index.ts";
import { feed } from "./blockGraph.ts";
import { ERROR_ROWS } from "./losses/spectralSdr.ts";
import {
  LAYOUT_FIELDS,
  noPlaces,
  periodOf,
  placesFrom,
  STEM_PLANES,
  TARGETS,
  type WienerPhaseOptions,
} from "./wienerMemory.ts";
import { fold, MOMENTS, SPATIAL, setSlopes, setSpatial, spread } from "./wienerTables.ts";

/** Stems, or gradients by them, turned by −θ, each [4, 2·H, bins, frames·items]. */
export interface TurnedArrays {
  readonly real: Float32Array;
  readonly imaginary: Float32Array;
}

/** What the gradient by the masks is made of; either may be left out. */
export interface StemSlopes {
  /** Weights of the squared errors, [{@link ERROR_ROWS}, items]. */
  readonly weights: ArrayLike<number> | undefined;
  readonly byStems: TurnedArrays | undefined;
}

/** The kernels with their memory, for batches of one size at a time. */
export class WienerPhase {
  readonly #options: WienerPhaseOptions;
  readonly #kind: "simd" | "plain";
  #kernels: KernelInstance;
  /** The one region that arrays lie in. */
  #start = 0;
  #capacity = 0;
  #size = { items: 0, slices: 0 };
  #places = noPlaces;

  constructor(options: WienerPhaseOptions, kind: "simd" | "plain" = "simd") {
    this.#options = options;
    this.#kind = kind;
    this.#kernels = createKernels(kind);
  }

  /**
   * Arranges the memory for batches of a size; masks of earlier ones are lost, unless the size is the same.
   *
   * @throws ArgumentError when it would exceed 4 GiB
   */
  layOut({ items, slices }: { readonly items: number; readonly slices: number }): void {
    if (this.#size.items === items && this.#size.slices === slices) return;
    const { end } = placesFrom(0, this.#options, { items, slices });
    if (end > this.#capacity) {
      this.#capacity = 0;
      this.#size = { items: 0, slices: 0 };
      this.#kernels = createKernels(this.#kind);
      this.#start = this.#kernels.allocate(end);
      this.#capacity = end;
    }
    this.#places = placesFrom(this.#start, this.#options, { items, slices });
    this.#size = { items, slices };
  }

  /** Where a block's masks are to be written, [4, 2·H, bins, frames·items]. */
  masks(block: number): FloatTensor {
    return this.#stemArray(block, this.#places.masks[block]);
  }

  /**
   * The way forward of one block, from its masks.
   *
   * @param feeds the block's prepared arrays
   * @throws ArgumentError when the batch was prepared for another phase or loss
   * @returns stems, valid until the next call, and squared errors, [{@link ERROR_ROWS}, items], where asked for
   */
  forward(
    block: number,
    feeds: FloatTensors,
    wants: { readonly stems: boolean; readonly errors: boolean },
  ): { readonly stems: TurnedArrays | undefined; readonly errors: Float64Array | undefined } {
    if (wants.stems) this.#checkStems();
    const places = this.#places;
    this.#load(block, feeds, { writes: wants.stems, reads: false, compares: wants.errors });
    const errors = wants.errors ? places.errors : 0;
    this.#eachWindow(block, feeds, (bin, first) => {
      this.#filter(bin, first, 0, errors, 0);
    });
    const stems = {
      real: this.#stemArray(block, places.real).data,
      imaginary: this.#stemArray(block, places.imaginary).data,
    };
    return {
      stems: wants.stems ? stems : undefined,
      errors: wants.errors ? this.#errors() : undefined,
    };
  }

  /**
   * The way forward and back of one block, from its masks.
   *
   * @throws ArgumentError when the batch was prepared for another phase or loss
   * @returns the gradient by the masks, valid until the next call, and the squared errors where they have weights
   */
  backward(
    block: number,
    feeds: FloatTensors,
    { weights, byStems }: StemSlopes,
  ): { readonly gradient: FloatTensor; readonly errors: Float64Array | undefined } {
    const places = this.#places;
    const { items } = this.#size;
    this.#load(block, feeds, {
      writes: false,
      reads: byStems !== undefined,
      compares: weights !== undefined,
    });
    if (weights) spread(this.#table(places.weights, ERROR_ROWS), ERROR_ROWS, weights, items);
    if (byStems) {
      this.#checkStems();
      this.#stemArray(block, places.real).data.set(byStems.real);
      this.#stemArray(block, places.imaginary).data.set(byStems.imaginary);
    }
    const moments = this.#table(places.moments, MOMENTS);
    const slopes = this.#table(places.slopes, MOMENTS);
    const sums = this.#table(places.sums, MOMENTS);
    this.#eachWindow(block, feeds, (bin, first, scale) => {
      moments.fill(0);
      const given = weights ? places.weights : 0;
      this.#filter(bin, first, given, weights ? places.errors : 0, places.moments);
      setSlopes(slopes, { sums, moments }, scale);
      const { exports } = this.#kernels;
      exports.turnedGradient(places.layout, bin, first, this.#options.window, places.slopes);
    });
    return {
      gradient: this.#stemArray(block, places.gradient),
      errors: weights ? this.#errors() : undefined,
    };
  }

  /** Calls `work` for each bin and window, their spatial covariances at hand; with c² of each item there. */
  #eachWindow(
    block: number,
    feeds: FloatTensors,
    work: (bin: number, first: number, scale: Float32Array) => void,
  ): void {
    const { window, blocks } = this.#options;
    const { items, slices } = this.#size;
    const { bins, coefs } = blocks[block];
    const places = this.#places;
    const scales = prepared(feeds, feed.scale).data;
    const sums = this.#table(places.sums, MOMENTS);
    const spatial = this.#table(places.spatial, SPATIAL);
    this.#table(places.errors, ERROR_ROWS).fill(0);
    for (let bin = 0; bin < bins; bin++) {
      for (let k = 0; k * window < coefs * slices; k++) {
        const scale = scales.subarray(k * items, (k + 1) * items);
        sums.fill(0);
        const { exports } = this.#kernels;
        exports.turnedStatistics(places.layout, bin, k * window, window, places.sums);
        setSpatial(spatial, sums, scale);
        work(bin, k * window, scale);
      }
    }
  }

  #filter(bin: number, first: number, weights: number, errors: number, moments: number): void {
    const { layout, spatial, work } = this.#places;
    const { window } = this.#options;
    const { exports } = this.#kernels;
    exports.turnedFilter(layout, bin, first, window, spatial, weights, errors, moments, work);
  }

  /** Copies a block's arrays to the kernels' memory and fills in the layout table. */
  #load(
    block: number,
    feeds: FloatTensors,
    use: { readonly writes: boolean; readonly reads: boolean; readonly compares: boolean },
  ): void {
    const { bins, coefs } = this.#options.blocks[block];
    const { items, slices } = this.#size;
    const places = this.#places;
    const copy = (name: string, pointer: number) => {
      const { data } = prepared(feeds, name);
      this.#kernels.f32(pointer, data.length).set(data);
    };
    copy(feed.magnitude, places.magnitude);
    copy(feed.cosine, places.cosine);
    copy(feed.sine, places.sine);
    if (use.compares) {
      copy(feed.inPhase, places.inPhase);
      copy(feed.quadrature, places.quadrature);
    }
    const { real, imaginary } = places;
    this.#kernels
      .i32(places.layout, LAYOUT_FIELDS)
      .set([
        ...[bins, coefs / 2, 2 * slices, items, periodOf(items)],
        ...[places.magnitude, places.cosine, places.sine, places.inPhase, places.quadrature],
        ...[places.masks[block], use.writes ? real : 0, use.writes ? imaginary : 0],
        ...[use.reads ? real : 0, use.reads ? imaginary : 0, places.gradient],
      ]);
  }

  #table(pointer: number, numbers: number): Float64Array {
    return this.#kernels.f64(pointer, numbers * periodOf(this.#size.items));
  }

  #errors(): Float64Array {
    return fold(this.#table(this.#places.errors, ERROR_ROWS), ERROR_ROWS, this.#size.items);
  }

  #stemArray(block: number, pointer: number): FloatTensor {
    const { bins, coefs } = this.#options.blocks[block];
    const { items, slices } = this.#size;
    const dims = [TARGETS, coefs, bins, 2 * slices * items];
    const data = this.#kernels.f32(pointer, STEM_PLANES * bins * coefs * slices * items);
    return { dims, data };
  }

  #checkStems(): void {
    if (!this.#options.stems) throw new ArgumentError("The phase was prepared without stems.");
  }
}

function prepared(feeds: FloatTensors, name: string): FloatTensor {
  const array = feeds[name];
  if (!array) throw new ArgumentError("The batch was prepared for another phase or loss.");
  return array;
}
