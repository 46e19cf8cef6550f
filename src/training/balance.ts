/**
 * Weights of the balanced loss: squared errors of every item and target count relative to the error that is to be
 * expected of them, as they do in the gradient of an SDR in decibels.
 *
 * With q the energy of a stem and r that of the others together, an ideal Wiener filter leaves an error of q·r/(q + r).
 * Errors are therefore weighted with w = 1/q + 1/r, q and r at least a hundredth of the mixture's energy. Energies are
 * sums over blocks of M·|c|², about those of the waveforms. The sum of the four errors has three quarters of an item's
 * least weight, as it has beside single errors in the original's loss. In every block all weights are divided by what
 * silence in place of the stems would lose, so that all blocks' losses are of one order.
 */
import type { Coefficients, SliCQTPlan } from "../slicqt/index.ts";

const TARGETS = 4;
/** Energies below this share of the mixture's count as it. */
const LEAST_SHARE = 0.01;
const JOINT_WEIGHT = 3 / 4;

/** Weights of an item: of each target's error, then of their sum. */
export const BALANCE_ROWS = TARGETS + 1;

/**
 * Weights of every block, each [{@link BALANCE_ROWS}, items].
 *
 * @param targets coefficients; channels are left and right of each target of each item
 */
export function balance(plan: SliCQTPlan, targets: Coefficients): readonly Float32Array[] {
  const items = targets.channels / (2 * TARGETS);
  const energies = plan.blocks.map(({ coefs }, block) =>
    stemEnergies(targets.blocks[block], items).map((energy) => coefs * energy),
  );
  const weights = new Float64Array(BALANCE_ROWS * items);
  for (let item = 0; item < items; item++) {
    const own = Array.from({ length: TARGETS }, (_, j) =>
      energies.reduce((sum, ofBlock) => sum + ofBlock[item * TARGETS + j], 0),
    );
    const all = own.reduce((a, b) => a + b);
    if (all === 0) continue;
    const floor = LEAST_SHARE * all;
    const found = own.map((q) => 1 / Math.max(q, floor) + 1 / Math.max(all - q, floor));
    found.forEach((w, j) => {
      weights[j * items + item] = w;
    });
    weights[TARGETS * items + item] = JOINT_WEIGHT * Math.min(...found);
  }
  return energies.map((ofBlock, block) => {
    let silence = 0;
    for (let item = 0; item < items; item++) {
      for (let j = 0; j < TARGETS; j++) {
        silence += weights[j * items + item] * ofBlock[item * TARGETS + j];
      }
    }
    const factor = silence > 0 ? plan.blocks[block].coefs / silence : 0;
    return Float32Array.from(weights, (w) => w * factor);
  });
}

/** Σ|c|² over both channels, for each item and target. */
export function stemEnergies(block: Float32Array, items: number): Float64Array {
  const length = block.length / (items * TARGETS);
  return Float64Array.from({ length: items * TARGETS }, (_, stem) => {
    let energy = 0;
    for (let i = stem * length; i < (stem + 1) * length; i++) energy += block[i] * block[i];
    return energy;
  });
}
