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
import { cellOf, FRAMES_PER_HOP, type Grid } from "./grid.ts";

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

/** Sums over cells. @param stems channels are left and right of each of the four stems of each item */
export function sumCells(grid: Grid, { channels, slices, blocks }: Coefficients): Cells {
  const items = channels / 8;
  const frames = framesOf(slices);
  const width = frames * items;
  const { bandCells } = grid.sizes;
  const power = new Float32Array(grid.bands * 2 * bandCells * width);
  const product = new Float32Array(grid.bands * bandCells * width);
  const inPhase = new Float32Array(grid.bands * 8 * bandCells * width);
  const energies = new Float64Array(4 * items);
  const sample = new Float64Array(16);
  let block = 0;
  let within = 0;
  for (const bin of grid.bins) {
    const half = bin.coefs * FRAMES_PER_HOP;
    const windowLength = 2 * half;
    const values = blocks[block];
    const bins = values.length / (channels * slices * windowLength * 2);
    const cellRows = Int32Array.from({ length: bin.coefs }, (_, i) => cellOf(bin, i));
    const band = Math.floor(bin.first / bandCells);
    const firstCell = bin.first % bandCells;
    const stride = bins * slices * windowLength * 2;
    const slice = windowLength * 2;
    for (let item = 0; item < items; item++) {
      const start = (item * 8 * bins + within) * slices * slice;
      const sums = new Float64Array(4);
      for (let hop = 0; hop <= slices; hop++) {
        for (let n = 0; n < half; n++) {
          for (let c = 0; c < 8; c++) {
            const at = start + c * stride + hop * slice + 2 * n;
            let re = 0;
            let im = 0;
            if (hop < slices) {
              re = values[at];
              im = values[at + 1];
            }
            if (hop > 0) {
              re += values[at - slice + 2 * half];
              im += values[at - slice + 2 * half + 1];
            }
            sample[2 * c] = re;
            sample[2 * c + 1] = im;
          }
          const frame = Math.floor(n / bin.coefs);
          const cell = firstCell + cellRows[n - frame * bin.coefs];
          const column = (hop * FRAMES_PER_HOP + frame) * items + item;
          const [a0, b0, a1, b1, a2, b2, a3, b3, a4, b4, a5, b5, a6, b6, a7, b7] = sample;
          const lr = a0 + a2 + a4 + a6;
          const li = b0 + b2 + b4 + b6;
          const rr = a1 + a3 + a5 + a7;
          const ri = b1 + b3 + b5 + b7;
          power[((band * 2 + 0) * bandCells + cell) * width + column] +=
            windowLength * (lr * lr + li * li);
          power[((band * 2 + 1) * bandCells + cell) * width + column] +=
            windowLength * (rr * rr + ri * ri);
          product[(band * bandCells + cell) * width + column] += windowLength * (lr * rr + li * ri);
          let row = (band * 8 * bandCells + cell) * width + column;
          const step = bandCells * width;
          inPhase[row] += windowLength * (lr * a0 + li * b0);
          inPhase[(row += step)] += windowLength * (rr * a1 + ri * b1);
          inPhase[(row += step)] += windowLength * (lr * a2 + li * b2);
          inPhase[(row += step)] += windowLength * (rr * a3 + ri * b3);
          inPhase[(row += step)] += windowLength * (lr * a4 + li * b4);
          inPhase[(row += step)] += windowLength * (rr * a5 + ri * b5);
          inPhase[(row += step)] += windowLength * (lr * a6 + li * b6);
          inPhase[row + step] += windowLength * (rr * a7 + ri * b7);
          sums[0] += a0 * a0 + b0 * b0 + a1 * a1 + b1 * b1;
          sums[1] += a2 * a2 + b2 * b2 + a3 * a3 + b3 * b3;
          sums[2] += a4 * a4 + b4 * b4 + a5 * a5 + b5 * b5;
          sums[3] += a6 * a6 + b6 * b6 + a7 * a7 + b7 * b7;
        }
      }
      for (let j = 0; j < 4; j++) energies[item * 4 + j] += windowLength * sums[j];
    }
    if (++within === bins) {
      block++;
      within = 0;
    }
  }
  return { items, frames, power, product, inPhase, energies };
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
