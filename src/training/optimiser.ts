/** AdamW (Loshchilov, Hutter 2019) and Adam with L2, averages of weights, and clipping, on flat arrays. */
import { ArgumentError } from "../errors.ts";

/** Settings of {@link AdamW}. */
export interface AdamWSettings {
  /** Decay of the mean of gradients, and of their squares. */
  readonly betas: readonly [number, number];
  /** Added to the root of the mean square. */
  readonly epsilon: number;
  /** Each step takes learningRate · weightDecay of every weight away. */
  readonly weightDecay: number;
  /**
   * "gradient": weightDecay · weight is added to the gradient instead, and goes through the moments (Adam with L2, Kingma, Ba
   * 2015). Default "weights".
   */
  readonly decay?: "weights" | "gradient";
}

/** The original's settings; its learning rate is 1e-3. */
export const originalAdamW: AdamWSettings = {
  betas: [0.9, 0.999],
  epsilon: 1e-8,
  weightDecay: 1e-5,
};

/** AdamW with its moments. */
export class AdamW {
  readonly settings: AdamWSettings;
  /** Mean of gradients and of their squares: with `steps`, all that is to be saved. */
  readonly mean: Float32Array;
  readonly meanSquare: Float32Array;
  steps = 0;

  constructor(length: number, settings: AdamWSettings = originalAdamW) {
    const { betas, epsilon, weightDecay } = settings;
    if (betas.some((beta) => !(beta >= 0 && beta < 1))) {
      throw new ArgumentError(`The betas must be from 0 to below 1, not ${betas.join(" and ")}.`);
    }
    if (!(epsilon > 0)) throw new ArgumentError(`epsilon must be above 0, not ${epsilon}.`);
    if (!(weightDecay >= 0)) {
      throw new ArgumentError(`The weight decay must be 0 or more, not ${weightDecay}.`);
    }
    this.settings = settings;
    this.mean = new Float32Array(length);
    this.meanSquare = new Float32Array(length);
  }

  /**
   * Moves the weights one step.
   *
   * @param factor multiplies every gradient first, as clipping does
   */
  step(weights: Float32Array, gradient: Float32Array, learningRate: number, factor = 1): void {
    const { mean, meanSquare } = this;
    const { betas, epsilon, weightDecay, decay } = this.settings;
    const [beta1, beta2] = betas;
    this.steps++;
    const inGradient = decay === "gradient";
    const keep = inGradient ? 1 : 1 - learningRate * weightDecay;
    const l2 = inGradient ? weightDecay : 0;
    const rate = learningRate / (1 - beta1 ** this.steps);
    const root = 1 / Math.sqrt(1 - beta2 ** this.steps);
    const new1 = 1 - beta1;
    const new2 = 1 - beta2;
    for (let i = 0; i < weights.length; i++) {
      const g = gradient[i] * factor + l2 * weights[i];
      const m = beta1 * mean[i] + new1 * g;
      const v = beta2 * meanSquare[i] + new2 * g * g;
      mean[i] = m;
      meanSquare[i] = v;
      weights[i] = keep * weights[i] - (rate * m) / (Math.sqrt(v) * root + epsilon);
    }
  }
}

/** Moves an average of weights: average ← decay·average + (1 − decay)·weights. */
export function averageWeights(average: Float32Array, weights: Float32Array, decay: number): void {
  const share = 1 - decay;
  for (let i = 0; i < average.length; i++) average[i] += share * (weights[i] - average[i]);
}

/** √Σ g². */
export function globalNorm(gradient: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < gradient.length; i++) sum += gradient[i] * gradient[i];
  return Math.sqrt(sum);
}

/** What gradients of this norm are multiplied by so that the norm does not exceed `limit`. */
export function clippingFactor(norm: number, limit: number): number {
  return norm > limit ? limit / (norm + 1e-6) : 1;
}
