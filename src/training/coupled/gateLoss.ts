/**
 * The SDR of stems by mix phase, from the gates of a band-coupled network.
 *
 * All coefficients of a cell have the same mask m, so their squared error is m²·P − 2m·Q + S with the mixture's power P,
 * the stem's part in phase Q, and the stem's power S, whose sum alone is needed.
 */
import { type Grid, LEAST_GATE } from "../../networks/coupled/index.ts";
import type { StemCells } from "./stemCells.ts";

/** δ: energies under this share of the mixture's do not count as signal: -30 dB. */
const LEAST_SHARE = 1e-3;
/** What the SDR of a stem of no energy counts; others count more, up to 1 from -20 dB on. */
const SILENT_SHARE = 0.15;

export interface GateLoss {
  /** Mean over items and stems of 10·log10((E + δ)/(S + δ)) dB, weighted; less is better. */
  readonly loss: number;
  /** Mean SDR of stems above -30 dB of the mixture. */
  readonly sdr: readonly number[];
}

/** What the error of each stem and item is weighed with, each [items, 4]: loss = Σ w·ln((E + δ)/(S + δ)). */
export interface ErrorWeights {
  /** δ of the item. */
  readonly least: Float64Array;
  /** w; of an item without any sound 0. */
  readonly weights: Float64Array;
}

/** @param energies of the true stems, [items, 4] */
export function errorWeights({
  items,
  energies,
}: Pick<StemCells, "items" | "energies">): ErrorWeights {
  const least = new Float64Array(4 * items).fill(1);
  const weights = new Float64Array(4 * items);
  for (let item = 0; item < items; item++) {
    const own = energies.subarray(item * 4, item * 4 + 4);
    const whole = own.reduce((a, b) => a + b);
    if (whole === 0) continue;
    least.fill(LEAST_SHARE * whole, item * 4, item * 4 + 4);
    for (let j = 0; j < 4; j++) {
      const count = Math.min(1, Math.max(SILENT_SHARE, own[j] / (10 * LEAST_SHARE * whole)));
      weights[item * 4 + j] = (count * 10) / Math.LN10 / (4 * items);
    }
  }
  return { least, weights };
}

/** @param gates [bands, 4·2·cells, frames·items], sigmoids of the logits */
export function gateLoss(grid: Grid, cells: StemCells, gates: Float32Array): GateLoss {
  const { energies } = cells;
  const { least, weights } = errorWeights(cells);
  const sdr = new Float64Array(4);
  const counted = new Float64Array(4);
  let loss = 0;
  for (const [i, squares] of errorsOf(grid, cells, gates).entries()) {
    const error = Math.max(0, squares) + least[i];
    if (weights[i] === 0) continue;
    loss += weights[i] * Math.log(error / (energies[i] + least[i]));
    if (energies[i] > least[i]) {
      sdr[i % 4] += 10 * Math.log10(energies[i] / (error - least[i]));
      counted[i % 4]++;
    }
  }
  return { loss, sdr: Array.from(sdr, (sum, j) => sum / counted[j]) };
}

/** E: the squared errors of every stem, [items, 4]. */
function errorsOf(grid: Grid, cells: StemCells, gates: Float32Array): Float64Array {
  const { items, energies } = cells;
  const errors = energies.slice();
  eachRow(grid, cells, (power, inPhase, step, width) => {
    for (let w = 0, item = 0; w < width; w++, item = item + 1 === items ? 0 : item + 1) {
      const p = cells.power[power + w];
      if (p === 0) continue;
      const at = inPhase + w;
      const s0 = gates[at] + LEAST_GATE;
      const s1 = gates[at + step] + LEAST_GATE;
      const s2 = gates[at + 2 * step] + LEAST_GATE;
      const s3 = gates[at + 3 * step] + LEAST_GATE;
      const share = 1 / (s0 + s1 + s2 + s3);
      const q = cells.inPhase;
      const m0 = s0 * share;
      const m1 = s1 * share;
      const m2 = s2 * share;
      const m3 = s3 * share;
      const e = item * 4;
      errors[e] += m0 * (m0 * p - 2 * q[at]);
      errors[e + 1] += m1 * (m1 * p - 2 * q[at + step]);
      errors[e + 2] += m2 * (m2 * p - 2 * q[at + 2 * step]);
      errors[e + 3] += m3 * (m3 * p - 2 * q[at + 3 * step]);
    }
  });
  return errors;
}

/** Calls `row` for each cell and channel with where its powers and its first target's row begin, and the targets' distance. */
function eachRow(
  grid: Grid,
  { items, frames }: StemCells,
  row: (power: number, inPhase: number, step: number, width: number) => void,
): void {
  const width = frames * items;
  const { bandCells } = grid.sizes;
  for (const bin of grid.bins) {
    const band = Math.floor(bin.first / bandCells);
    for (let c = 0; c < bin.cells; c++) {
      const cell = (bin.first % bandCells) + c;
      for (let channel = 0; channel < 2; channel++) {
        const power = ((band * 2 + channel) * bandCells + cell) * width;
        const inPhase = ((band * 8 + channel) * bandCells + cell) * width;
        row(power, inPhase, 2 * bandCells * width, width);
      }
    }
  }
}
