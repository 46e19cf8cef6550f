/**
 * Stems of a batch turned by the phase of their sum, from samples, by kernels in a memory of their own: what
 * `turnedFrames.ts` makes of plain coefficients, without these.
 */
import { createKernels, type KernelInstance } from "../kernels/instance.ts";
import { LANES } from "../kernels/lanes.ts";
import { targets } from "../networks/index.ts";
import type { Block, Transform } from "../transforms/index.ts";
import { StemLanes } from "./stemLanes.ts";

const TARGETS = targets.length;
/** Floats of an item that the kernel works with. */
const WORK = 16;
/** Arrays that lie in a row, each on a place of its own sixteen bytes. */
const ARRAYS = 8;

/** A block of a batch, items innermost. */
export interface TurnedBlock {
  /** |X|, [2·H, bins, half slices, items]. */
  readonly magnitude: Float32Array;
  /** [4, 2·H, bins, half slices, items]. */
  readonly inPhase: Float32Array;
  /** Σ|c|² of each item and target, [items, 4]. */
  readonly energies: Float64Array;
  /** Where a phase step is trained through. */
  readonly beside: BesidePhase | undefined;
}

/** What Wiener-EM reads beside it. */
export interface BesidePhase {
  /** [4, 2·H, bins, half slices, items]. */
  readonly quadrature: Float32Array;
  /** cos and sin of the phase of left less that of right, each [H, bins, half slices, items]. */
  readonly cosine: Float32Array;
  readonly sine: Float32Array;
  /** The largest |X|² of each window, [windows, items]. */
  readonly peaks: Float32Array;
}

/** Turns batches, one after the other. */
export class TurnedStems {
  readonly #transform: Transform;
  readonly #window: number | undefined;
  readonly #kernels: KernelInstance;
  readonly #stems: StemLanes;
  #coefficients = { place: 0, bytes: 0 };
  #arrays = { place: 0, bytes: 0 };

  /** @param window coefficients of a window of Wiener-EM; undefined: nothing beside the mixture's phase is wanted */
  constructor(transform: Transform, window: number | undefined, kind: "simd" | "plain" = "simd") {
    this.#transform = transform;
    this.#window = window;
    this.#kernels = createKernels(kind);
    this.#stems = new StemLanes(transform, this.#kernels);
  }

  /**
   * @param items for each the left and right channels of its four stems, all equally long
   * @returns the transform's blocks
   */
  turn(items: readonly (readonly Float32Array[])[]): TurnedBlock[] {
    const slices = this.#transform.sliceCount(items[0][0].length);
    const groups = Math.ceil(slices / LANES);
    const groupBytes = this.#stems.bytes;
    const first = this.#room(this.#coefficients, items.length * groups * groupBytes);
    for (const [item, channels] of items.entries()) {
      for (let group = 0; group < groups; group++) {
        this.#stems.analyse(channels, LANES * group, first + (item * groups + group) * groupBytes);
      }
    }
    return this.#transform.blocks.map((block) =>
      this.#block(block, { first, items: items.length, slices, groups }),
    );
  }

  #block(
    { first: firstBin, bins, coefs }: Block,
    batch: {
      readonly first: number;
      readonly items: number;
      readonly slices: number;
      readonly groups: number;
    },
  ): TurnedBlock {
    const { first, items, slices, groups } = batch;
    const kernels = this.#kernels;
    const groupBytes = this.#stems.bytes;
    const { channelBytes, bins: places } = this.#stems.lanes;
    const half = coefs / 2;
    const window = this.#window ?? 0;
    const line = bins * 2 * slices * items;
    const windows = window > 0 ? Math.ceil((slices * coefs) / window) : 0;
    const all = coefs * line;
    const most = (2 * TARGETS + 2) * all + (windows + WORK + 2 * TARGETS) * items;
    let next = this.#room(this.#arrays, 4 * (most + ARRAYS * LANES));
    const take = (floats: number): number => {
      const place = next;
      next += 4 * LANES * Math.ceil(floats / LANES);
      return place;
    };
    const beside = window > 0;
    const magnitude = take(all);
    const inPhase = take(TARGETS * all);
    const quadrature = beside ? take(TARGETS * all) : 0;
    const cosine = beside ? take(all / 2) : 0;
    const sine = beside ? take(all / 2) : 0;
    const peaks = take(windows * items);
    const energies = take(2 * TARGETS * items);
    const work = take(WORK * items);
    kernels.f32(peaks, windows * items).fill(0);
    kernels.f64(energies, TARGETS * items).fill(0);
    for (let f = 0; f < bins; f++) {
      for (let group = 0; group < groups; group++) {
        const slice = LANES * group;
        const at = 4 * (f * 2 * slices * items + 2 * slice * items);
        kernels.exports.turnStems(
          first + group * groupBytes + places[firstBin + f].offset,
          channelBytes,
          groups * groupBytes,
          items,
          half,
          Math.min(LANES, slices - slice),
          magnitude + at,
          inPhase + at,
          beside ? quadrature + at : 0,
          beside ? cosine + at : 0,
          beside ? sine + at : 0,
          4 * line,
          energies,
          peaks,
          slice * coefs,
          window,
          work,
        );
      }
    }
    const copy = (place: number, floats: number) => kernels.f32(place, floats).slice();
    return {
      magnitude: copy(magnitude, all),
      inPhase: copy(inPhase, TARGETS * all),
      energies: kernels.f64(energies, TARGETS * items).slice(),
      beside: beside
        ? {
            quadrature: copy(quadrature, TARGETS * all),
            cosine: copy(cosine, all / 2),
            sine: copy(sine, all / 2),
            peaks: copy(peaks, windows * items),
          }
        : undefined,
    };
  }

  /** A place of at least so many bytes; a larger one is made anew. */
  #room(has: { place: number; bytes: number }, bytes: number): number {
    if (bytes > has.bytes) {
      has.place = this.#kernels.allocate(bytes);
      has.bytes = bytes;
    }
    return has.place;
  }
}
