/** The mean of several trainings' weights. */
import { ArgumentError } from "../../errors.ts";
import type { Model, ModelConfig } from "../../models/index.ts";
import { floatData, type StateDict, type Tensor } from "../../tensors/index.ts";

/**
 * A model with the weighted mean of models' weights (Wortsman and others 2022): of trainings that began with the same weights
 * it often separates better than each of them; of unrelated ones it is noise. Counts, name and phase step are the first model's,
 * terms are those of all, and facts of a training there are none.
 *
 * @param shares of the models, 0 or more, of any sum above 0; by default all are equal
 * @throws ArgumentError for no models, models of different networks, or shares that do not fit them
 */
export function averageModels(models: readonly Model[], shares?: readonly number[]): Model {
  const [first] = models;
  if (!first) throw new ArgumentError("There are no models to average.");
  const weights = shares ?? models.map(() => 1);
  const sum = weights.reduce((a, b) => a + b, 0);
  if (weights.length !== models.length || !(sum > 0) || weights.some((share) => !(share >= 0))) {
    throw new ArgumentError(
      `The shares ${weights.join(", ")} do not fit ${models.length} models.`,
      "Give each model a number of 0 or more, and not 0 to all.",
    );
  }
  for (const { config, state } of models) {
    if (
      networkOf(config) !== networkOf(first.config) ||
      shapesOf(state) !== shapesOf(first.state)
    ) {
      throw new ArgumentError(
        `The models "${first.config.name}" and "${config.name}" are different networks.`,
        "Only weights of the same network have a mean.",
      );
    }
  }
  if (models.length === 1) return first;
  const state = new Map<string, Tensor>();
  for (const [name, tensor] of first.state) {
    if (tensor.dtype !== "f32") {
      state.set(name, tensor);
      continue;
    }
    const mean = new Float64Array(tensor.data.length);
    for (const [i, model] of models.entries()) {
      const share = weights[i] / sum;
      for (const [n, value] of floatData(model.state, name).entries()) mean[n] += share * value;
    }
    state.set(name, { dtype: "f32", shape: tensor.shape, data: Float32Array.from(mean) });
  }
  const terms = [...new Set(models.flatMap(({ config }) => config.licence ?? []))].join("; ");
  const { training, ...config } = first.config;
  return { config: { ...config, ...(terms && { licence: terms }) }, state };
}

/** What decides a network's shapes and wiring, to be compared. */
function networkOf(config: ModelConfig): string {
  const { name, phase, gate, licence, training, ...network } = config;
  return JSON.stringify(network);
}

function shapesOf(state: StateDict): string {
  return [...state]
    .map(([name, { dtype, shape }]) => `${name} ${dtype} ${shape}`)
    .sort()
    .join();
}
