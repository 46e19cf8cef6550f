/** The SDR of stems after Wiener-EM, from the gates of a band-coupled network, and its gradient by the logits. */
import { ArgumentError } from "../../errors.ts";
import type { Grid } from "../../networks/coupled/index.ts";
import type { Block } from "../../transforms/index.ts";
import { ERROR_ROWS } from "../losses/spectralSdr.ts";
import type { PreparedBatch } from "../preparedBatch.ts";
import { WienerPhase } from "../wienerPhase.ts";
import { gatherGradients, masksToLogits, spreadMasks } from "./cellMasks.ts";
import { type ErrorWeights, errorWeights } from "./gateLoss.ts";

/** Wiener-EM over the transform's blocks, with a memory of its own. */
export class WienerLoss {
  readonly #grid: Grid;
  readonly #blocks: readonly Block[];
  readonly #phase: WienerPhase;

  /** @param window coefficients per window */
  constructor(grid: Grid, blocks: readonly Block[], window: number) {
    this.#grid = grid;
    this.#blocks = blocks;
    this.#phase = new WienerPhase({ blocks, window, stems: false, keepsMasks: true });
  }

  /**
   * The loss of a batch, as `gateLoss` has it, after Wiener-EM.
   *
   * @param gates [bands, 4·2·cells, frames·items], sigmoids of the logits
   * @param gradient takes the gradient by the logits, of the same shape; undefined: it is not wanted
   * @throws ArgumentError when the batch was prepared for another phase
   */
  loss(batch: PreparedBatch, gates: Float32Array, gradient: Float32Array | undefined): number {
    const { items, slices } = batch;
    const size = { grid: this.#grid, items, slices };
    this.#phase.layOut({ items, slices });
    const energies = new Float64Array(4 * items);
    const errors = new Float64Array(4 * items);
    for (const [b, block] of this.#blocks.entries()) {
      const { feeds, stems } = batch.blocks[b];
      if (!stems) throw new ArgumentError("The batch was prepared for another loss.");
      spreadMasks({ ...size, block }, gates, this.#phase.masks(b).data);
      const found = this.#phase.forward(b, feeds, { stems: false, errors: true }).errors;
      for (let i = 0; i < 4 * items; i++) {
        energies[i] += block.coefs * stems.all[i];
        errors[i] += block.coefs * (found?.[(i % 4) * items + Math.floor(i / 4)] ?? 0);
      }
    }
    const weighed = errorWeights({ items, energies });
    if (gradient) this.#gradient(batch, gates, { errors, weighed }, gradient);
    return errors.reduce(
      (sum, e, i) =>
        sum +
        weighed.weights[i] * Math.log((e + weighed.least[i]) / (energies[i] + weighed.least[i])),
      0,
    );
  }

  #gradient(
    batch: PreparedBatch,
    gates: Float32Array,
    { errors, weighed }: { readonly errors: Float64Array; readonly weighed: ErrorWeights },
    gradient: Float32Array,
  ): void {
    const { items, slices } = batch;
    const size = { grid: this.#grid, items, slices };
    gradient.fill(0);
    for (const [b, block] of this.#blocks.entries()) {
      const weights = new Float64Array(ERROR_ROWS * items);
      for (let i = 0; i < 4 * items; i++) {
        const slope = weighed.weights[i] / (errors[i] + weighed.least[i]);
        weights[(i % 4) * items + Math.floor(i / 4)] = block.coefs * slope;
      }
      const slopes = { weights, byStems: undefined };
      const back = this.#phase.backward(b, batch.blocks[b].feeds, slopes);
      gatherGradients({ ...size, block }, back.gradient.data, gradient);
    }
    masksToLogits(size, gates, gradient);
  }
}
