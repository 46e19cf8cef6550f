/**
 * Cells: what a band-coupled network sees of a mixture, and what is known there of its stems.
 *
 * Neighbouring slices overlap by half; their coefficients are in phase, so they are added: one sequence of M/2
 * coefficients per hop and bin. Cells hold sums over their coefficients of both channels' powers and of the channels'
 * product, weighted with M, so that sums over cells are about energies of waveforms.
 *
 * Arrays of cells are [band, row, frame·item], items innermost.
 */
import type { Coefficients } from "../../transforms/slicqt/index.ts";
import { FEATURES } from "./architecture.ts";
import { FRAMES_PER_HOP, firstOfCell, type Grid } from "./grid.ts";

/** Frames that are averaged for the level, one second about a frame. */
const LEVEL_FRAMES = 39;
/** Of the level, below which nothing is told apart: -70 dB. */
const FLOOR = 1e-7;

/** Frames of a number of slices: one hop more than there are slices, since the first and last halves stand alone. */
export function framesOf(slices: number): number {
  return FRAMES_PER_HOP * (slices + 1);
}

/** The sums of a batch of mixtures and of their stems. */
export interface Cells {
  readonly items: number;
  readonly frames: number;
  /** [bands, 2 channels × cells, frames·items]: Σ M|x|². */
  readonly power: Float32Array;
  /** [bands, cells, frames·items]: Σ M·Re(l·r*). */
  readonly product: Float32Array;
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
export function sumCells(grid: Grid, { channels, slices, blocks }: Coefficients): Cells {
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
            for (let k = 0; k < STEM_CHANNELS; k++, to += step) inPhase[to] = windowLength * sums[k];
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

/**
 * What the network sees of each cell: the logarithm of its power relative to the level of the second about it, the balance
 * of the channels and their likeness. A gain changes none of them.
 *
 * @returns [bands, 3 × cells, frames·items]
 */
export function cellFeatures(
  grid: Grid,
  { items, frames, power, product }: Pick<Cells, "items" | "frames" | "power" | "product">,
): Float32Array {
  const width = frames * items;
  const { bandCells } = grid.sizes;
  const levels = levelsOf(power, frames, items);
  const out = new Float32Array(grid.bands * FEATURES * bandCells * width);
  for (const bin of grid.bins) {
    const band = Math.floor(bin.first / bandCells);
    for (let c = 0; c < bin.cells; c++) {
      const cell = (bin.first % bandCells) + c;
      const left = ((band * 2 + 0) * bandCells + cell) * width;
      const right = ((band * 2 + 1) * bandCells + cell) * width;
      const both = (band * bandCells + cell) * width;
      const to = (band * FEATURES * bandCells + cell) * width;
      const step = bandCells * width;
      for (let i = 0; i < width; i++) {
        const l = power[left + i];
        const r = power[right + i];
        const sum = l + r;
        const least = FLOOR * levels[i] + 1e-30;
        out[to + i] = Math.log((sum + least) / (levels[i] + 1e-30));
        out[to + step + i] = (l - r) / (sum + least);
        out[to + 2 * step + i] = (2 * product[both + i]) / (sum + least);
      }
    }
  }
  return out;
}

/** Mean power of a cell's frame over the second about each frame, [frames·items]; beyond the ends there is silence. */
function levelsOf(power: Float32Array, frames: number, items: number): Float64Array {
  const width = frames * items;
  const total = new Float64Array(width);
  for (let i = 0; i < power.length; i += width) {
    for (let w = 0; w < width; w++) total[w] += power[i + w];
  }
  const reach = (LEVEL_FRAMES - 1) / 2;
  const out = new Float64Array(width);
  for (let frame = 0; frame < frames; frame++) {
    const first = Math.max(0, frame - reach);
    const last = Math.min(frames - 1, frame + reach);
    for (let item = 0; item < items; item++) {
      let sum = 0;
      for (let f = first; f <= last; f++) sum += total[f * items + item];
      out[frame * items + item] = sum / LEVEL_FRAMES;
    }
  }
  return out;
}
