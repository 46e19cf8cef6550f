/** Combinations of targets, over which the original's losses are means: all but none and all. */
import { targets } from "../../networks/index.ts";
import type { ErrorWeights } from "./loss.ts";

const count = targets.length;

/** Sets of targets as bits: 1, 2 or 3 of the four. */
export const combinations = Array.from({ length: 2 ** count - 2 }, (_, i) => i + 1);

/**
 * Weights of squared errors whose sum is the mean over combinations, two channels and all positions of the squared errors
 * of combined targets.
 *
 * With J targets, 2^(J−1) − 1 combinations hold a target and 2^(J−2) − 1 of them a certain second one too, so that for
 * errors E_j the sum over all is 2^(J−2)·Σ E_j² + (2^(J−2) − 1)·(Σ E_j)²: 4 and 3 for four targets.
 */
export function combinedWeights(positions: number): ErrorWeights {
  const each = 2 ** (count - 2);
  const all = combinations.length * 2 * positions;
  return { each: each / all, joint: (each - 1) / all };
}
