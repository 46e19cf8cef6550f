/**
 * The SDR of stems by mix phase, from the gates of a band-coupled network, and its gradient by the logits.
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

/**
 * @param gates [bands, 4·2·cells, frames·items], sigmoids of the logits
 * @param gradient takes the gradient by the logits, of the same shape; undefined: it is not wanted
 */
export function gateLoss(
  grid: Grid,
  cells: StemCells,
  gates: Float32Array,
  gradient: Float32Array | undefined,
): GateLoss {
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
  const weights = new Float64Array(4 * items);
  const sdr = new Float64Array(4);
  const counted = new Float64Array(4);
  let loss = 0;
  for (let item = 0; item < items; item++) {
    const own = energies.subarray(item * 4, item * 4 + 4);
    const whole = own.reduce((a, b) => a + b);
    if (whole === 0) continue;
    const least = LEAST_SHARE * whole;
    for (let j = 0; j < 4; j++) {
      const count = Math.min(1, Math.max(SILENT_SHARE, own[j] / (10 * least)));
      const error = Math.max(0, errors[item * 4 + j]) + least;
      loss += (count * 10 * Math.log10(error / (own[j] + least))) / (4 * items);
      weights[item * 4 + j] = (count * (10 / Math.LN10)) / (error * 4 * items);
      if (own[j] > least) {
        sdr[j] += 10 * Math.log10(own[j] / (error - least));
        counted[j]++;
      }
    }
  }
  if (gradient) gradientByLogits(grid, cells, gates, weights, gradient);
  return { loss, sdr: Array.from(sdr, (sum, j) => sum / counted[j]) };
}

function gradientByLogits(
  grid: Grid,
  cells: StemCells,
  gates: Float32Array,
  weights: Float64Array,
  gradient: Float32Array,
): void {
  const { items, power: powers, inPhase: q } = cells;
  gradient.fill(0);
  eachRow(grid, cells, (power, inPhase, step, width) => {
    for (let w = 0, item = 0; w < width; w++, item = item + 1 === items ? 0 : item + 1) {
      const p = powers[power + w];
      if (p === 0) continue;
      const i0 = inPhase + w;
      const i1 = i0 + step;
      const i2 = i1 + step;
      const i3 = i2 + step;
      const s0 = gates[i0] + LEAST_GATE;
      const s1 = gates[i1] + LEAST_GATE;
      const s2 = gates[i2] + LEAST_GATE;
      const s3 = gates[i3] + LEAST_GATE;
      const share = 1 / (s0 + s1 + s2 + s3);
      const m0 = s0 * share;
      const m1 = s1 * share;
      const m2 = s2 * share;
      const m3 = s3 * share;
      const e = item * 4;
      const g0 = 2 * weights[e] * (m0 * p - q[i0]);
      const g1 = 2 * weights[e + 1] * (m1 * p - q[i1]);
      const g2 = 2 * weights[e + 2] * (m2 * p - q[i2]);
      const g3 = 2 * weights[e + 3] * (m3 * p - q[i3]);
      const mean = g0 * m0 + g1 * m1 + g2 * m2 + g3 * m3;
      gradient[i0] = (g0 - mean) * share * gates[i0] * (1 - gates[i0]);
      gradient[i1] = (g1 - mean) * share * gates[i1] * (1 - gates[i1]);
      gradient[i2] = (g2 - mean) * share * gates[i2] * (1 - gates[i2]);
      gradient[i3] = (g3 - mean) * share * gates[i3] * (1 - gates[i3]);
    }
  });
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
