/** Cells of training mixtures (see `networks/coupled/cells.ts`) with what their loss needs of the stems. */
import {
  FRAMES_PER_HOP,
  firstOfCell,
  framesOf,
  type Grid,
  type MixtureCells,
} from "../../networks/coupled/index.ts";
import type { Coefficients } from "../../transforms/slicqt/index.ts";

/** Sums over the cells of a batch of mixtures, and what is known there of their stems. */
export interface StemCells extends MixtureCells {
  /** [bands, 4 targets × 2 channels × cells, frames·items]: Σ M·Re(x*·s) of each stem s. */
  readonly inPhase: Float32Array;
  /** [items, 4]: Σ M|s|². */
  readonly energies: Float64Array;
}

/**
 * Sums over cells.
 *
 * @param coefficients channels are left and right of each of the four stems of each item
 */
export function sumCells(grid: Grid, { channels, slices, blocks }: Coefficients): StemCells {
  const items = channels / STEM_CHANNELS;
  const frames = framesOf(slices);
  const width = frames * items;
  const { bandCells } = grid.sizes;
  const power = new Float32Array(grid.bands * 2 * bandCells * width);
  const product = new Float32Array(grid.bands * bandCells * width);
  const inPhase = new Float32Array(grid.bands * STEM_CHANNELS * bandCells * width);
  const energies = new Float64Array(4 * items);
  const sums = new Float64Array(SUMS);
  const step = bandCells * width;
  let block = 0;
  let binInBlock = 0;
  for (const bin of grid.bins) {
    const half = bin.coefs * FRAMES_PER_HOP;
    const windowLength = 2 * half;
    const bins = blocks[block].length / (channels * slices * windowLength * 2);
    const hops = new Float32Array(STEM_CHANNELS * windowLength);
    const band = Math.floor(bin.first / bandCells);
    const firstCell = bin.first % bandCells;
    for (let item = 0; item < items; item++) {
      for (let hop = 0; hop <= slices; hop++) {
        for (let c = 0; c < STEM_CHANNELS; c++) {
          const row = (item * STEM_CHANNELS + c) * bins + binInBlock;
          const at = row * slices + hop;
          addHalves(blocks[block], 2 * windowLength, at, hop, slices, hops, c * windowLength);
        }
        let coefficient = 0;
        for (let frame = 0; frame < FRAMES_PER_HOP; frame++) {
          const column = (hop * FRAMES_PER_HOP + frame) * items + item;
          for (let c = 0; c < bin.cells; c++) {
            const end = frame * bin.coefs + firstOfCell(bin, c + 1);
            sumCell(hops, windowLength, coefficient, end, sums);
            coefficient = end;
            const cell = firstCell + c;
            const left = (band * 2 * bandCells + cell) * width + column;
            power[left] = windowLength * sums[8];
            power[left + step] = windowLength * sums[9];
            product[(band * bandCells + cell) * width + column] = windowLength * sums[10];
            let to = (band * STEM_CHANNELS * bandCells + cell) * width + column;
            for (let k = 0; k < STEM_CHANNELS; k++, to += step)
              inPhase[to] = windowLength * sums[k];
            for (let j = 0; j < 4; j++) energies[item * 4 + j] += windowLength * sums[11 + j];
          }
        }
      }
    }
    if (++binInBlock === bins) {
      block++;
      binInBlock = 0;
    }
  }
  return { items, frames, power, product, inPhase, energies };
}

/** Left and right of four stems. */
const STEM_CHANNELS = 8;
/** What {@link sumCell} gives: eight parts in phase, two powers, one product, four energies. */
const SUMS = 15;

/** The coefficients of a hop: the first half of its slice (number `at` of the array) and the second of that before. */
function addHalves(
  values: Float32Array,
  slice: number,
  at: number,
  hop: number,
  slices: number,
  to: Float32Array,
  offset: number,
): void {
  const half = slice / 2;
  const late = at * slice;
  const early = late - half;
  if (hop === 0) {
    for (let i = 0; i < half; i++) to[offset + i] = values[late + i];
  } else if (hop === slices) {
    for (let i = 0; i < half; i++) to[offset + i] = values[early + i];
  } else {
    for (let i = 0; i < half; i++) to[offset + i] = values[late + i] + values[early + i];
  }
}

/** Sums over the coefficients `from` to `to` of a hop; `row` numbers apart lie the channels. */
function sumCell(x: Float32Array, row: number, from: number, to: number, sums: Float64Array): void {
  sums.fill(0);
  for (let n = 2 * from; n < 2 * to; n += 2) {
    const a0 = x[n];
    const b0 = x[n + 1];
    const a1 = x[n + row];
    const b1 = x[n + row + 1];
    const a2 = x[n + 2 * row];
    const b2 = x[n + 2 * row + 1];
    const a3 = x[n + 3 * row];
    const b3 = x[n + 3 * row + 1];
    const a4 = x[n + 4 * row];
    const b4 = x[n + 4 * row + 1];
    const a5 = x[n + 5 * row];
    const b5 = x[n + 5 * row + 1];
    const a6 = x[n + 6 * row];
    const b6 = x[n + 6 * row + 1];
    const a7 = x[n + 7 * row];
    const b7 = x[n + 7 * row + 1];
    const al = a0 + a2 + a4 + a6;
    const bl = b0 + b2 + b4 + b6;
    const ar = a1 + a3 + a5 + a7;
    const br = b1 + b3 + b5 + b7;
    sums[0] += al * a0 + bl * b0;
    sums[1] += ar * a1 + br * b1;
    sums[2] += al * a2 + bl * b2;
    sums[3] += ar * a3 + br * b3;
    sums[4] += al * a4 + bl * b4;
    sums[5] += ar * a5 + br * b5;
    sums[6] += al * a6 + bl * b6;
    sums[7] += ar * a7 + br * b7;
    sums[8] += al * al + bl * bl;
    sums[9] += ar * ar + br * br;
    sums[10] += al * ar + bl * br;
    sums[11] += a0 * a0 + b0 * b0 + a1 * a1 + b1 * b1;
    sums[12] += a2 * a2 + b2 * b2 + a3 * a3 + b3 * b3;
    sums[13] += a4 * a4 + b4 * b4 + a5 * a5 + b5 * b5;
    sums[14] += a6 * a6 + b6 * b6 + a7 * a7 + b7 * b7;
  }
}
