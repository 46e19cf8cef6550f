/** Where the arrays of {@link WienerPhase} lie in the kernels' memory. */
import { targets } from "../networks/index.ts";
import type { Block } from "../transforms/slicqt/index.ts";
import { ERROR_ROWS } from "./losses/spectralSdr.ts";
import { MOMENTS, SPATIAL } from "./wienerTables.ts";

export const TARGETS = targets.length;
const CHANNELS = 2;
/** Planes, of one number per frame of one channel, that the real or imaginary parts of all stems take. */
export const STEM_PLANES = TARGETS * CHANNELS;
/** Fields of the kernels' layout table, and bytes that they work in. */
export const LAYOUT_FIELDS = 16;
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

/** Where arrays lie: pointers. */
export interface Places {
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

export const noPlaces: Places = {
  ...{ layout: 0, work: 0, sums: 0, spatial: 0, moments: 0, slopes: 0, weights: 0, errors: 0 },
  ...{ magnitude: 0, cosine: 0, sine: 0, inPhase: 0, quadrature: 0, real: 0, imaginary: 0 },
  ...{ gradient: 0, masks: [] },
};

/** Positions after which tables of numbers per item repeat: the kernels go through them in pairs. */
export function periodOf(items: number): number {
  return items % 2 === 0 ? items : 2 * items;
}

/** Arranges arrays for batches of a size, one after the other from `start` to `end`. */
export function placesFrom(
  start: number,
  { blocks, stems, keepsMasks }: WienerPhaseOptions,
  { items, slices }: { readonly items: number; readonly slices: number },
): Places & { readonly end: number } {
  const planes = blocks.map(({ bins, coefs }) => bins * coefs * slices * items);
  const largest = Math.max(...planes);
  let end = start;
  const take = (bytes: number) => {
    const from = end;
    // Beginnings are aligned for vectors, and a little apart: kernels may read past an end.
    end += Math.ceil(bytes / 64) * 64 + 64;
    return from;
  };
  const floats = (count: number) => take(4 * count);
  const table = (numbers: number) => take(8 * numbers * periodOf(items));
  const one = keepsMasks ? 0 : floats(STEM_PLANES * largest);
  const places = {
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
  return { ...places, end };
}
