/** An exponential moving average of the weights (Polyak, Juditsky 1992), and of what the batch norms have seen. */
import { averageWeights } from "../optimiser.ts";
import type { TrainedNumbers } from "../trainee.ts";

export class AveragedWeights {
  readonly trained: Float32Array;
  readonly running: Float32Array;
  readonly #decay: number;

  constructor(parameters: TrainedNumbers, decay: number) {
    this.trained = parameters.trained.slice();
    this.running = parameters.running.slice();
    this.#decay = decay;
  }

  /** Follows the weights after update number 1, 2, …; early on faster, so that the random start is soon forgotten. */
  follow(parameters: TrainedNumbers, update: number): void {
    const decay = Math.min(this.#decay, (1 + update) / (10 + update));
    averageWeights(this.trained, parameters.trained, decay);
    averageWeights(this.running, parameters.running, decay);
  }

  /** Lets `work` see the averages in the weights' place, then puts the weights back. */
  async inPlace<T>(parameters: TrainedNumbers, work: () => Promise<T>): Promise<T> {
    const trained = parameters.trained.slice();
    const running = parameters.running.slice();
    parameters.trained.set(this.trained);
    parameters.running.set(this.running);
    try {
      return await work();
    } finally {
      parameters.trained.set(trained);
      parameters.running.set(running);
    }
  }
}
