/** From the statistics of a block's window to the spatial covariances of its targets (docs/mathematics.md, 3.2, steps 2–5). */
import type { Regularisation } from "./settings.ts";

/** Targets the kernels work on. */
const TARGETS = 4;

/** Doubles per bin that the statistics kernel adds to: four per target, the energy, the largest |x|². */
export const STATISTICS = 4 * TARGETS + 2;

/** Doubles per bin that the filter kernel reads: a, d, Re b, Im b of R_j per target, then ρ'. */
export const SPATIAL = 4 * TARGETS + 1;

const ENERGY = 4 * TARGETS;
const PEAK = ENERGY + 1;

/** Machine epsilon of float32: the original's ε. */
const EPSILON = 2 ** -23;

/** Adds statistics of another stretch of the same window: sums add, peaks compare. */
export function addStatistics(into: Float64Array, from: Float64Array): void {
  for (let i = 0; i < from.length; i++) {
    into[i] = i % STATISTICS === PEAK ? Math.max(into[i], from[i]) : into[i] + from[i];
  }
}

/**
 * Spatial model of one block in one window.
 *
 * The original scales coefficients by 1/c, c = max(1, max|x|/10) over the window. Everything but ε and ρ is
 * homogeneous, so the plain coefficients serve with ε' = ε·c² and ρ' = √ε·c².
 *
 * @param sums {@link STATISTICS} doubles for each bin of the block.
 * @param frames frames of the window, for the mean power of the relative regularisation.
 * @param peak largest |x|² that decides c; the block's own by default (the original shares it over a batch).
 * @returns {@link SPATIAL} doubles for each bin.
 */
export function spatialModel(
  sums: Float64Array,
  frames: number,
  regularisation: Regularisation,
  peak: number = blockPeak(sums),
): Float64Array {
  const bins = sums.length / STATISTICS;
  const { epsilon, rho } = regularise(sums, frames, regularisation, peak);
  const out = new Float64Array(bins * SPATIAL);
  for (let bin = 0; bin < bins; bin++) {
    const from = bin * STATISTICS;
    const to = bin * SPATIAL;
    for (let j = 0; j < TARGETS; j++) {
      const s00 = sums[from + 4 * j];
      const s11 = sums[from + 4 * j + 1];
      const scale = 1 / (epsilon + (s00 + s11) / 2);
      out[to + 4 * j] = s00 * scale;
      out[to + 4 * j + 1] = s11 * scale;
      out[to + 4 * j + 2] = sums[from + 4 * j + 2] * scale;
      out[to + 4 * j + 3] = sums[from + 4 * j + 3] * scale;
    }
    out[to + SPATIAL - 1] = rho;
  }
  return out;
}

/** Largest |x|² of a block's window. */
export function blockPeak(sums: Float64Array): number {
  let peak = 0;
  for (let i = PEAK; i < sums.length; i += STATISTICS) peak = Math.max(peak, sums[i]);
  return peak;
}

function regularise(
  sums: Float64Array,
  frames: number,
  regularisation: Regularisation,
  peak: number,
): { readonly epsilon: number; readonly rho: number } {
  if (regularisation.kind === "fixed") {
    const c2 = Math.max(1, 0.01 * peak);
    return { epsilon: EPSILON * c2, rho: Math.sqrt(EPSILON) * c2 };
  }
  let energy = 0;
  for (let i = ENERGY; i < sums.length; i += STATISTICS) energy += sums[i];
  const power = energy / ((2 * frames * sums.length) / STATISTICS);
  // A silent window has nothing to filter; any positive values do.
  if (!(power > 0)) return { epsilon: 1, rho: 1 };
  return { epsilon: EPSILON * power, rho: regularisation.amount * power };
}
