/** The ears' memory: one band of a few ears at a time, whatever the signal's length. */
import type { KernelInstance } from "../../kernels/instance.ts";
import { NORMALS_BYTES } from "../../kernels/normals.ts";
import { BandLags, MOST_LAG } from "./bandLag.ts";
import { type AllLags, allLagsAt, allLagsBytes } from "./longCorrelation.ts";

/** Samples of silence on both sides of a band: the longest lag, and the largest difference of group delays. */
const MARGIN = MOST_LAG + 600;
/** Normal numbers that are drawn at a time. */
export const NOISE_BLOCK = 8192;
/** Samples of a window of smoothing (8 ms), and of a tile (16 ms). */
const [SMOOTHING, TILE] = [192, 384];

/** Bytes of parameters and work space of a pair of filters, and of a pair of hair cells. */
const [FILTERS, CELLS] = [15000, 64 + 2048];

/** Byte offsets of the arrays of one ear, floats; `envelope` and `motion` have margins of silence on both sides. */
export interface EarArrays {
  readonly input: number;
  readonly envelope: number;
  readonly motion: number;
}

/** Byte offsets of normal numbers, and of the state of what makes them. */
export interface NoiseArrays {
  readonly noise: number;
  readonly generator: number;
}

/** Pointers into one kernel memory for signals of up to `capacity` samples. */
export class EarMemory {
  readonly capacity: number;
  readonly kernels: KernelInstance;
  /** Of the reference, then of the estimates. */
  readonly ears: readonly EarArrays[];
  /** Of the reference, and of all estimates. */
  readonly noises: readonly [NoiseArrays, NoiseArrays];
  readonly lags: BandLags;
  /** Correlates whole signals, before the ears listen: in the place of envelopes and motions. */
  readonly correlate: AllLags;
  /** Parameters of a pair of filters, and of the hair cells of each pair of ears. */
  readonly filters: number;
  readonly cells: readonly number[];
  readonly smoothing: number;
  readonly tiles: number;
  /** Results of one band: smoothed envelopes of either ear, powers and covariances of tiles. */
  readonly results: number;

  constructor(kernels: KernelInstance, capacity: number, estimates: number) {
    this.kernels = kernels;
    this.capacity = capacity;
    const row = 4 * (capacity + 2 * MARGIN);
    const bands = kernels.allocate(Math.max(2 * (1 + estimates) * row, allLagsBytes(capacity)));
    this.correlate = allLagsAt(kernels, bands);
    const ear = (_: unknown, number: number): EarArrays => ({
      input: kernels.allocate(4 * capacity),
      envelope: bands + 2 * number * row + 4 * MARGIN,
      motion: bands + (2 * number + 1) * row + 4 * MARGIN,
    });
    const noise = (): NoiseArrays => ({
      noise: kernels.allocate(4 * NOISE_BLOCK),
      generator: kernels.allocate(NORMALS_BYTES),
    });
    this.ears = Array.from({ length: 1 + estimates }, ear);
    this.noises = [noise(), noise()];
    this.lags = new BandLags(kernels, capacity);
    this.filters = kernels.allocate(FILTERS);
    this.cells = lanePairs(this.ears).map(() => kernels.allocate(CELLS));
    this.smoothing = kernels.allocate(4 * SMOOTHING);
    this.tiles = kernels.allocate(8 * TILE_SCALES + 4 * TILE + 6144);
    this.results = kernels.allocate(4 * (Math.ceil(capacity / (SMOOTHING / 2)) + 2));
    kernels.f32(this.smoothing, SMOOTHING).set(hann(SMOOTHING));
    kernels.f64(this.tiles, TILE_SCALES).set(tileScales());
    kernels.f32(this.tiles + 8 * TILE_SCALES, TILE).set(hann(TILE));
  }

  /** View of an ear's array, `count` samples from `from` on (which may be negative). */
  view(pointer: number, from: number, count: number): Float32Array {
    return this.kernels.f32(pointer + 4 * from, count);
  }

  /** Silence on both sides of `count` samples. */
  clearMargins(pointer: number, count: number): void {
    this.view(pointer, -MARGIN, MARGIN).fill(0);
    this.view(pointer, count, MARGIN).fill(0);
  }
}

/** Two by two, as the kernels take them: an odd one out stands in both lanes. */
export function lanePairs<T>(items: readonly T[]): readonly (readonly [T, T])[] {
  return Array.from({ length: Math.ceil(items.length / 2) }, (_, i) => [
    items[2 * i],
    items[Math.min(2 * i + 1, items.length - 1)],
  ]);
}

/** Symmetric Hann window, both ends 0. */
export function hann(length: number): Float64Array {
  return Float64Array.from(
    { length },
    (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / (length - 1)),
  );
}

/** 1/Σw², and 1/Σw[i+lag]·w[i] for 49 lags, of three windows. */
const TILE_SCALES = 3 + 3 * 49;

/** Those of the window of tiles, of its later and of its earlier half. */
function tileScales(): Float64Array {
  const whole = hann(TILE);
  const windows = [whole, whole.subarray(TILE / 2), whole.subarray(0, TILE / 2)];
  const correlation = (w: Float64Array, lag: number) => {
    let sum = 0;
    for (let i = Math.max(0, -lag); i < Math.min(w.length, w.length - lag); i++) {
      sum += w[i + lag] * w[i];
    }
    return sum;
  };
  return Float64Array.from([
    ...windows.map((w) => 1 / correlation(w, 0)),
    ...windows.flatMap((w) => Array.from({ length: 49 }, (_, j) => 1 / correlation(w, j - 24))),
  ]);
}

/** Segments of two hops that `count` samples make, with a half one at either end. */
export function segmentsOf(count: number, hop: number): number {
  return 1 + Math.floor(count / (2 * hop)) + Math.floor((count - hop) / (2 * hop));
}
