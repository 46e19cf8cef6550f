/**
 * Cells: what a band-coupled network sees of a mixture.
 *
 * Neighbouring slices overlap by half; their coefficients are in phase, so they are added: one sequence of M/2
 * coefficients per hop and bin. Cells hold sums over their coefficients of both channels' powers and of the channels'
 * product, weighted with M, so that sums over cells are about energies of waveforms.
 *
 * Arrays of cells are [band, row, frame·item], items innermost.
 */
import { FEATURES } from "./architecture.ts";
import { FRAMES_PER_HOP, type Grid } from "./grid.ts";

/** Frames that are averaged for the level, one second about a frame. */
export const LEVEL_FRAMES = 39;
/** Of the level, below which nothing is told apart: -70 dB. */
const FLOOR = 1e-7;

/** Frames of a number of slices: one hop more than there are slices, since the first and last halves stand alone. */
export function framesOf(slices: number): number {
  return FRAMES_PER_HOP * (slices + 1);
}

/** Sums over the cells of mixtures. */
export interface MixtureCells {
  readonly items: number;
  readonly frames: number;
  /** [bands, 2 channels × cells, frames·items]: Σ M|x|². */
  readonly power: Float32Array;
  /** [bands, cells, frames·items]: Σ M·Re(l·r*). */
  readonly product: Float32Array;
}

/**
 * What the network sees of each cell: the logarithm of its power relative to the level of the second about it, the balance
 * of the channels and their likeness. A gain changes none of them.
 *
 * @returns [bands, 3 × cells, frames·items]
 */
export function cellFeatures(
  grid: Grid,
  { items, frames, power, product }: MixtureCells,
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
