/** Gradients of batches, added up until the weights move by their mean. */
import { ArgumentError } from "../errors.ts";
import { type AdamW, clippingFactor, globalNorm } from "./optimiser.ts";

/** How the weights move. */
export interface GradientSumOptions {
  readonly weights: Float32Array;
  readonly optimiser: AdamW;
  /** Gradients are scaled so that their global norm does not exceed this; default: no limit. */
  readonly clipNorm: number | undefined;
}

/** The sum of gradients since the last update. */
export class GradientSum {
  /** In the order of the weights. */
  readonly values: Float32Array;
  readonly #weights: Float32Array;
  readonly #optimiser: AdamW;
  readonly #limit: number;
  #batches = 0;

  constructor({ weights, optimiser, clipNorm = Number.POSITIVE_INFINITY }: GradientSumOptions) {
    this.values = new Float32Array(weights.length);
    this.#weights = weights;
    this.#optimiser = optimiser;
    this.#limit = clipNorm;
  }

  /**
   * Adds a batch's gradient.
   *
   * @param write writes all of it, over whatever was there; if it fails, the batch does not count
   * @returns what `write` gives
   */
  async add<T>(write: (gradient: Float32Array) => Promise<T>): Promise<T> {
    const { values } = this;
    const first = this.#batches === 0;
    const gradient = first ? values : new Float32Array(values.length);
    const given = await write(gradient);
    if (!first) for (let i = 0; i < values.length; i++) values[i] += gradient[i];
    this.#batches++;
    return given;
  }

  /**
   * Moves the weights by the mean of the gradients, clipped, and begins anew.
   *
   * @returns the global norm before clipping
   * @throws ArgumentError when there are no gradients
   */
  update(learningRate: number): number {
    if (this.#batches === 0) throw new ArgumentError("There are no gradients to update with.");
    const share = 1 / this.#batches;
    this.#batches = 0;
    const norm = share * globalNorm(this.values);
    const factor = share * clippingFactor(norm, this.#limit);
    this.#optimiser.step(this.#weights, this.values, learningRate, factor);
    return norm;
  }
}
