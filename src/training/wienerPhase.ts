/**
 * Wiener-EM in training, outside of the graphs: from a block's masks to stems, their squared errors and back to the
 * gradient by the masks, by the kernels of `assembly/turnedWiener.ts`. Graphs of the network give the masks and take
 * that gradient, in arrays that lie in the kernels' memory.
 */
import { ArgumentError } from "../errors.ts";
import { createKernels, type KernelInstance } from "../kernels/instance.ts";
import type { FloatTensor, FloatTensors } from "../runtime/index.ts";
import type { Block } from "../slicqt/index.ts";
import { feed } from "./blockGraph.ts";
import { ERROR_ROWS } from "./spectralSdr.ts";
import { fold, MOMENTS, SPATIAL, setSlopes, setSpatial, spread } from "./wienerTables.ts";

const TARGETS = 4;
const CHANNELS = 2;
/** Planes, of one channel each: a complex number of every stem takes two of these sets. */
const STEM_PLANES = TARGETS * CHANNELS;
const LAYOUT_FIELDS = 16;
const WORK_BYTES = 400;

export interface WienerPhaseOptions {
  readonly blocks: readonly Block[];
  /** Coefficients per window. */
  readonly window: number;
  /** Whether stems, or gradients by them, are asked for. */
  readonly stems: boolean;
  /** Whether the masks of all blocks are kept, or only those of the block in work. */
  readonly keepsMasks: boolean;
}

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
    const { blocks, stems, keepsMasks } = this.#options;
    const period = items % 2 === 0 ? items : 2 * items;
    const planes = blocks.map(({ bins, coefs }) => bins * coefs * slices * items);
    const largest = Math.max(...planes);
    let end = 0;
    const take = (bytes: number) => {
      const from = end;
      // Beginnings are aligned for vectors, and a little apart.
      end += Math.ceil(bytes / 64) * 64 + 64;
      return from;
    };
    const floats = (count: number) => take(4 * count);
    const table = (numbers: number) => take(8 * numbers * period);
    const one = keepsMasks ? 0 : floats(STEM_PLANES * largest);
    const offsets: Places = {
      layout: take(4 * LAYOUT_FIELDS),
      work: take(WORK_BYTES),
      sums: table(MOMENTS),
      spatial: table(SPATIAL),
      moments: table(MOMENTS),
      slopes: table(MOMENTS),
      weights: table(ERROR_ROWS),
      errors: table(ERROR_ROWS),
      magnitude: floats(CHANNELS * largest),
      cosine: floats(largest),
      sine: floats(largest),
      inPhase: floats(STEM_PLANES * largest),
      quadrature: floats(STEM_PLANES * largest),
      real: floats(stems ? STEM_PLANES * largest : 0),
      imaginary: floats(stems ? STEM_PLANES * largest : 0),
      gradient: floats(STEM_PLANES * largest),
      masks: planes.map((plane) => (keepsMasks ? floats(STEM_PLANES * plane) : one)),
    };
    if (end > this.#capacity) {
      this.#capacity = 0;
      this.#kernels = createKernels(this.#kind);
      this.#start = this.#kernels.allocate(end);
      this.#capacity = end;
    }
    const at = (offset: number) => this.#start + offset;
    const { masks, ...rest } = offsets;
    const moved = Object.entries(rest).map(([name, offset]) => [name, at(offset)]);
    this.#places = { ...offsets, ...Object.fromEntries(moved), masks: masks.map(at) };
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
    const scales = feeds[feed.scale].data;
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
      const { data } = feeds[name];
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
        ...[bins, coefs / 2, 2 * slices, items, this.#period],
        ...[places.magnitude, places.cosine, places.sine, places.inPhase, places.quadrature],
        ...[places.masks[block], use.writes ? real : 0, use.writes ? imaginary : 0],
        ...[use.reads ? real : 0, use.reads ? imaginary : 0, places.gradient],
      ]);
  }

  get #period(): number {
    const { items } = this.#size;
    return items % 2 === 0 ? items : 2 * items;
  }

  #table(pointer: number, numbers: number): Float64Array {
    return this.#kernels.f64(pointer, numbers * this.#period);
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

/** Where arrays lie: pointers, or offsets within the region. */
interface Places {
  readonly layout: number;
  readonly work: number;
  readonly sums: number;
  readonly spatial: number;
  readonly moments: number;
  readonly slopes: number;
  readonly weights: number;
  readonly errors: number;
  readonly magnitude: number;
  readonly cosine: number;
  readonly sine: number;
  readonly inPhase: number;
  readonly quadrature: number;
  readonly real: number;
  readonly imaginary: number;
  readonly gradient: number;
  /** Of each block. */
  readonly masks: readonly number[];
}

const noPlaces: Places = {
  ...{ layout: 0, work: 0, sums: 0, spatial: 0, moments: 0, slopes: 0, weights: 0, errors: 0 },
  ...{ magnitude: 0, cosine: 0, sine: 0, inPhase: 0, quadrature: 0, real: 0, imaginary: 0 },
  ...{ gradient: 0, masks: [] },
};
