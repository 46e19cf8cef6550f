/**
 * The SDR of stems in the transform's domain, as a loss: of every item and target 10·log10((E + δ)/(q + δ)), with E the
 * energy of the error, q that of the true stem and δ a hundredth of the mixture's, the mean over all. Stems softer than
 * δ count less, down to a tenth: silence has no SDR, but is worth some care.
 *
 * Energies are sums over blocks of M·|c|², about those of the waveforms, so that this is nearly the SDR loss of
 * waveforms without transforms back and forth. Its gradient is that of squared errors with weights w = s/(E + δ), s
 * being that share; E comes from a run of the network before the one for gradients. The sum of an item's four errors,
 * which should be 0, is weighted with three quarters of its least weight, as it is beside single errors in the
 * original's loss. In every block all weights are divided by what silence in place of the stems would cost, so that
 * blocks, whose weights are their own, all have gradients of one order.
 */
import { targets } from "../../networks/index.ts";
import type { Block } from "../../transforms/index.ts";
import type { AdaptedWeights } from "./loss.ts";

const TARGETS = targets.length;
/** δ as a share of the mixture's energy. */
const LEAST_SHARE = 0.01;
const JOINT_WEIGHT = 3 / 4;
/** What a silent stem counts. */
const SILENT_SHARE = 0.1;

/** Rows of an item's errors and weights: each target's, then that of their sum. */
export const ERROR_ROWS = TARGETS + 1;

/** Energies of a block's true stems, each [items·4], targets of an item together. */
export interface StemEnergies {
  /** Σ|c|² over both channels. */
  readonly all: Float64Array;
  /** Of the part beside the mixture's phase, where the graph's errors leave it out, else 0. */
  readonly besidePhase: Float64Array;
}

/**
 * The loss in dB, less is better, and the weights of the squared errors for each block, [{@link ERROR_ROWS}, items].
 *
 * @param errors Σ|error|² for each block, [{@link ERROR_ROWS}, items]
 */
export function spectralSdr(
  blocks: readonly Block[],
  errors: readonly ArrayLike<number>[],
  stems: readonly StemEnergies[],
): AdaptedWeights {
  const items = stems[0].all.length / TARGETS;
  const weights = new Float64Array(ERROR_ROWS * items);
  let loss = 0;
  for (let item = 0; item < items; item++) {
    const q = new Float64Array(TARGETS);
    const e = new Float64Array(TARGETS);
    for (const [b, { coefs }] of blocks.entries()) {
      for (let j = 0; j < TARGETS; j++) {
        const stem = item * TARGETS + j;
        q[j] += coefs * stems[b].all[stem];
        e[j] += coefs * (errors[b][j * items + item] + stems[b].besidePhase[stem]);
      }
    }
    const least = LEAST_SHARE * q.reduce((a, b) => a + b);
    if (least === 0) continue;
    let smallest = Number.POSITIVE_INFINITY;
    for (let j = 0; j < TARGETS; j++) {
      const share = Math.min(1, Math.max(SILENT_SHARE, q[j] / least));
      const weight = 1 / (e[j] + least);
      weights[j * items + item] = share * weight;
      smallest = Math.min(smallest, weight);
      loss += (share * 10 * Math.log10((e[j] + least) / (q[j] + least))) / (TARGETS * items);
    }
    weights[TARGETS * items + item] = JOINT_WEIGHT * smallest;
  }
  const own = blocks.map((_, b) => {
    let silence = 0;
    stems[b].all.forEach((energy, stem) => {
      silence += energy * weights[(stem % TARGETS) * items + Math.floor(stem / TARGETS)];
    });
    const factor = silence > 0 ? 1 / silence : 0;
    return Float32Array.from(weights, (w) => w * factor);
  });
  return { loss, weights: own };
}

/** Σ|c|² of each item and target of a block; channels are left and right of each target of each item. */
export function stemEnergies(block: Float32Array, items: number): Float64Array {
  const length = block.length / (items * TARGETS);
  return Float64Array.from({ length: items * TARGETS }, (_, stem) => {
    let energy = 0;
    for (let i = stem * length; i < (stem + 1) * length; i++) energy += block[i] * block[i];
    return energy;
  });
}
