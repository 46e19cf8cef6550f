/** Ragged coefficients as plain arrays: one array per block of equal window lengths. */
import { ArgumentError } from "../../errors.ts";
import { ELEMENT_FLOATS, LANES } from "../../kernels/lanes.ts";
import type { SliCQTPlan } from "./plan.ts";

/** Coefficients of consecutive slices. */
export interface Coefficients {
  readonly channels: number;
  readonly slices: number;
  /** Per block, row-major [channel, bin of the block, slice, coefficient, 2 (re, im)]. */
  readonly blocks: readonly Float32Array[];
}

/** Zeros of the right shape. */
export function emptyCoefficients(
  plan: SliCQTPlan,
  channels: number,
  slices: number,
): Coefficients {
  return {
    channels,
    slices,
    blocks: plan.blocks.map((b) => new Float32Array(channels * b.bins * slices * b.coefs * 2)),
  };
}

/** @throws {ArgumentError} if the arrays do not have the plan's shapes. */
export function checkCoefficients(plan: SliCQTPlan, coefficients: Coefficients): void {
  const { channels, slices, blocks } = coefficients;
  if (blocks.length !== plan.blocks.length) {
    throw new ArgumentError(`${plan.blocks.length} blocks are expected, not ${blocks.length}.`);
  }
  plan.blocks.forEach((b, i) => {
    const expected = channels * b.bins * slices * b.coefs * 2;
    if (blocks[i].length !== expected) {
      throw new ArgumentError(`Block ${i} must hold ${expected} numbers, not ${blocks[i].length}.`);
    }
  });
}

/** Where the lanes of a slice group belong in {@link Coefficients}. */
export interface LaneRange {
  readonly channel: number;
  /** Slice of lane 0 within the coefficients. */
  readonly slice: number;
  /** Lanes in use, 1–4. */
  readonly count: number;
}

/** Copies one channel of a slice group from lane layout into plain arrays. */
export function unpackLanes(
  plan: SliCQTPlan,
  lanes: Float32Array,
  to: Coefficients,
  range: LaneRange,
): void {
  let offset = 0;
  plan.blocks.forEach((block, i) => {
    const { bins: F, coefs: M } = block;
    const out = to.blocks[i];
    for (let f = 0; f < F; f++, offset += M * ELEMENT_FLOATS) {
      for (let lane = 0; lane < range.count; lane++) {
        let at = ((range.channel * F + f) * to.slices + range.slice + lane) * M * 2;
        for (let n = 0; n < M; n++) {
          const from = offset + n * ELEMENT_FLOATS + lane;
          out[at++] = lanes[from];
          out[at++] = lanes[from + LANES];
        }
      }
    }
  });
}

/** Copies plain arrays into lane layout; unused lanes become zero. */
export function packLanes(
  plan: SliCQTPlan,
  from: Coefficients,
  lanes: Float32Array,
  range: LaneRange,
): void {
  lanes.fill(0);
  let offset = 0;
  plan.blocks.forEach((block, i) => {
    const { bins: F, coefs: M } = block;
    const values = from.blocks[i];
    for (let f = 0; f < F; f++, offset += M * ELEMENT_FLOATS) {
      for (let lane = 0; lane < range.count; lane++) {
        let at = ((range.channel * F + f) * from.slices + range.slice + lane) * M * 2;
        for (let n = 0; n < M; n++) {
          const to = offset + n * ELEMENT_FLOATS + lane;
          lanes[to] = values[at++];
          lanes[to + LANES] = values[at++];
        }
      }
    }
  });
}
