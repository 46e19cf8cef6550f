/** From the statistics of a block's window to the spatial covariances of its targets (docs/mathematics.md, 3.2, steps 2–5). */
import type { Regularisation } from "./settings.ts";

/** Doubles of a 2×2 Hermitian matrix, as they are kept for each target. */
const HERMITIAN = 4;

/** Doubles per bin that the statistics kernel adds to: four per target, the energy, the largest |x|². */
export function statisticsSize(targets: number): number {
  return HERMITIAN * targets + 2;
}

/** Doubles per bin that the filter kernel reads: a, d, Re b, Im b of R_j per target, then ρ'. */
export function spatialSize(targets: number): number {
  return HERMITIAN * targets + 1;
}

/** Machine epsilon of float32: the second version's ε. */
const EPSILON = 2 ** -23;

/** Adds statistics of another stretch of the same window: sums add, peaks compare. */
export function addStatistics(into: Float64Array, from: Float64Array, targets: number): void {
  const size = statisticsSize(targets);
  for (let i = 0; i < from.length; i++) {
    into[i] = i % size === size - 1 ? Math.max(into[i], from[i]) : into[i] + from[i];
  }
}

/** What sums are over. */
export interface WindowSize {
  readonly targets: number;
  /** Frames of the window, for the mean power of the relative regularisation. */
  readonly frames: number;
}

/**
 * Spatial model of one block in one window.
 *
 * The original scales coefficients by 1/c, c = max(1, max|x|/10) over the window. Everything but ε and ρ is
 * homogeneous, so the plain coefficients serve with ε' = ε·c² and ρ' = √ε·c².
 *
 * @param sums {@link statisticsSize} doubles for each bin of the block.
 * @param peak largest |x|² that decides c; the block's own by default (the original shares it over a batch, or over all blocks).
 * @returns {@link spatialSize} doubles for each bin.
 */
export function spatialModel(
  sums: Float64Array,
  size: WindowSize,
  regularisation: Regularisation,
  peak: number = blockPeak(sums, size.targets),
): Float64Array {
  const { targets } = size;
  const [read, written] = [statisticsSize(targets), spatialSize(targets)];
  const bins = sums.length / read;
  const { epsilon, rho } = regularise(sums, size, regularisation, peak);
  const out = new Float64Array(bins * written);
  for (let bin = 0; bin < bins; bin++) {
    const from = bin * read;
    const to = bin * written;
    for (let j = 0; j < targets; j++) {
      const s00 = sums[from + 4 * j];
      const s11 = sums[from + 4 * j + 1];
      const scale = 1 / (epsilon + (s00 + s11) / 2);
      out[to + 4 * j] = s00 * scale;
      out[to + 4 * j + 1] = s11 * scale;
      out[to + 4 * j + 2] = sums[from + 4 * j + 2] * scale;
      out[to + 4 * j + 3] = sums[from + 4 * j + 3] * scale;
    }
    out[to + written - 1] = rho;
  }
  return out;
}

/** Largest |x|² of a block's window. */
export function blockPeak(sums: Float64Array, targets: number): number {
  const size = statisticsSize(targets);
  let peak = 0;
  for (let i = size - 1; i < sums.length; i += size) peak = Math.max(peak, sums[i]);
  return peak;
}

function regularise(
  sums: Float64Array,
  { targets, frames }: WindowSize,
  regularisation: Regularisation,
  peak: number,
): { readonly epsilon: number; readonly rho: number } {
  if (regularisation.kind === "fixed") {
    const { epsilon = EPSILON } = regularisation;
    const c2 = Math.max(1, 0.01 * peak);
    return { epsilon: epsilon * c2, rho: Math.sqrt(epsilon) * c2 };
  }
  const size = statisticsSize(targets);
  let energy = 0;
  for (let i = size - 2; i < sums.length; i += size) energy += sums[i];
  const power = energy / ((2 * frames * sums.length) / size);
  // A silent window has nothing to filter; any positive values do.
  if (!(power > 0)) return { epsilon: 1, rho: 1 };
  return { epsilon: EPSILON * power, rho: regularisation.amount * power };
}
