/**
 * Losses as objects: each says what it needs, and gives its value and its gradient in the way that suits it.
 *
 * A loss of masks is a piece of graph, whose gradient follows from it. A loss of errors is a weighted sum of squared
 * errors in the transform's domain: the weights are its gradient. A loss of waveforms computes both by itself.
 */
import type { GraphBuilder, Value } from "../../graph/index.ts";
import type { Block } from "../../transforms/index.ts";
import type { StemEnergies } from "./spectralSdr.ts";

interface Weighted {
  /** Its name among the parts of the loss. */
  readonly name: string;
  /** What its value is multiplied with in the sum of all losses. */
  readonly weight: number;
}

/** A loss of a block's masks; that of the network is the mean over the blocks. */
export interface MaskLoss extends Weighted {
  readonly needs: "masks";
  /** @param masks [targets, 2·H, bins, frames·items] */
  build(b: GraphBuilder, masks: Value): Value;
}

/** A loss of the errors of stems in the transform's domain. */
export interface ErrorLoss extends Weighted {
  readonly needs: "errors";
  /** Errors of complex stems, after the phase step, or of masks times magnitudes, before it. */
  readonly of: "stems" | "magnitudes";
  readonly weighting: FixedWeighting | AdaptiveWeighting;
}

/** Weights that are known in advance: the loss of the network is the mean over the blocks. */
export interface FixedWeighting {
  readonly kind: "fixed";
  /** @param positions coefficients of the block in one channel of all items */
  weights(positions: number): ErrorWeights;
}

/** Weights of squared errors: of each target's, and of that of the sum of all targets. */
export interface ErrorWeights {
  readonly each: number;
  readonly joint: number;
}

/** Weights that depend on the errors of all blocks: these are measured by a run of the network before that for gradients. */
export interface AdaptiveWeighting {
  readonly kind: "adaptive";
  /**
   * @param errors Σ|error|² for each block, [targets + 1, items]: each target's, then those of their sum
   * @param stems energies of the true stems for each block
   */
  measure(
    blocks: readonly Block[],
    errors: readonly ArrayLike<number>[],
    stems: readonly StemEnergies[],
  ): AdaptedWeights;
}

/** The value of a loss with adaptive weights, and these. */
export interface AdaptedWeights {
  readonly loss: number;
  /** Weights of the squared errors for each block, [targets + 1, items]. */
  readonly weights: readonly Float32Array[];
}

/** A loss of waveforms. */
export interface WaveformLoss extends Weighted {
  readonly needs: "waveforms";
  /**
   * Value, and gradient by every estimate.
   *
   * @param estimates waveforms of equal length, ordered item, target, channel
   * @param references the true ones
   * @param draw the batch's random number: all that a loss draws depends on it alone
   */
  compute(
    estimates: readonly Float32Array[],
    references: readonly Float32Array[],
    draw: number,
  ): { readonly loss: number; readonly gradient: readonly Float32Array[] };
}

/** A loss of any kind. */
export type Loss = MaskLoss | ErrorLoss | WaveformLoss;
