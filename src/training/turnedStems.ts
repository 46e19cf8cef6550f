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

/** A batch whose coefficients are there. */
interface Batch {
  /** Where the first item's first group of four slices begins. */
  readonly first: number;
  readonly items: number;
  readonly slices: number;
  readonly groups: number;
}

/** Turns batches, one after the other. */
export class TurnedStems {
  readonly #transform: Transform;
  /** Coefficients of a window of Wiener-EM; 0 where nothing beside the mixture's phase is wanted. */
  readonly #window: number;
  readonly #kernels: KernelInstance;
  readonly #stems: StemLanes;
  readonly #coefficients = { place: 0, bytes: 0 };
  readonly #arrays = { place: 0, bytes: 0 };

  /** @param window coefficients of a window of Wiener-EM; undefined: nothing beside the mixture's phase is wanted */
  constructor(transform: Transform, window: number | undefined) {
    this.#transform = transform;
    this.#window = window ?? 0;
    this.#kernels = createKernels();
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
    const { blocks } = this.#transform;
    const batch = { first, items: items.length, slices, groups };
    const ends = blocks.map((block) => placesFrom(0, this.#sizes(block, batch)).end);
    const start = this.#room(this.#arrays, Math.max(...ends));
    return blocks.map((block) => this.#block(block, batch, start));
  }

  #sizes({ bins, coefs }: Block, { items, slices }: Batch): ArraySizes {
    const window = this.#window;
    const windows = window === 0 ? 0 : Math.ceil((slices * coefs) / window);
    return { items, channels: coefs * bins * 2 * slices * items, windows };
  }

  #block(block: Block, batch: Batch, start: number): TurnedBlock {
    const { items } = batch;
    const kernels = this.#kernels;
    const sizes = this.#sizes(block, batch);
    const places = placesFrom(start, sizes);
    const { channels, windows } = sizes;
    kernels.f32(places.peaks, windows * items).fill(0);
    kernels.f64(places.energies, TARGETS * items).fill(0);
    this.#turnBins(block, batch, places);
    const copy = (place: number, floats: number) => kernels.f32(place, floats).slice();
    return {
      magnitude: copy(places.magnitude, channels),
      inPhase: copy(places.inPhase, TARGETS * channels),
      energies: kernels.f64(places.energies, TARGETS * items).slice(),
      beside:
        windows === 0
          ? undefined
          : {
              quadrature: copy(places.quadrature, TARGETS * channels),
              cosine: copy(places.cosine, channels / 2),
              sine: copy(places.sine, channels / 2),
              peaks: copy(places.peaks, windows * items),
            },
    };
  }

  #turnBins(
    { first: firstBin, bins, coefs }: Block,
    { first, items, slices, groups }: Batch,
    places: ReturnType<typeof placesFrom>,
  ): void {
    const { bytes: groupBytes, lanes } = this.#stems;
    const row = 4 * 2 * slices * items;
    const beside = this.#window > 0;
    for (let f = 0; f < bins; f++) {
      for (let group = 0; group < groups; group++) {
        const slice = LANES * group;
        const at = f * row + 4 * 2 * slice * items;
        this.#kernels.exports.turnStems(
          first + group * groupBytes + lanes.bins[firstBin + f].offset,
          lanes.channelBytes,
          groups * groupBytes,
          items,
          coefs / 2,
          Math.min(LANES, slices - slice),
          places.magnitude + at,
          places.inPhase + at,
          beside ? places.quadrature + at : 0,
          beside ? places.cosine + at : 0,
          beside ? places.sine + at : 0,
          bins * row,
          places.energies,
          places.peaks,
          slice * coefs,
          this.#window,
          places.work,
        );
      }
    }
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

interface ArraySizes {
  readonly items: number;
  /** Numbers of both channels, of all bins, slices and items. */
  readonly channels: number;
  /** 0 where nothing beside the mixture's phase is wanted. */
  readonly windows: number;
}

/** Where the arrays of a block lie, and where they end. */
function placesFrom(start: number, { items, channels, windows }: ArraySizes) {
  let end = start;
  const take = (floats: number): number => {
    const place = end;
    end += 16 * Math.ceil(floats / 4);
    return place;
  };
  const beside = windows > 0 ? 1 : 0;
  const places = {
    magnitude: take(channels),
    inPhase: take(TARGETS * channels),
    quadrature: take(beside * TARGETS * channels),
    cosine: take((beside * channels) / 2),
    sine: take((beside * channels) / 2),
    peaks: take(windows * items),
    energies: take(2 * TARGETS * items),
    work: take(WORK * items),
  };
  return { ...places, end };
}
