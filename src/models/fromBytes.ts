/** Makes a model from bytes that are at hand, wherever they came from. */
import { checkFinite, readPth, readSafetensors, type StateDict } from "../tensors/index.ts";
import { type ModelConfig, parseConfig, parseConfigJson, parseOriginalConfig } from "./config.ts";

/** A model's configuration and its tensors, which are not yet checked against a network. */
export interface Model {
  readonly config: ModelConfig;
  readonly state: StateDict;
}

/** Tensors of this prefix belong to a checkpoint of the trainer, not to the model in it. */
export const trainingPrefix = "training.";

/**
 * A model from a safetensors file with our metadata; a checkpoint of the trainer is one too.
 *
 * @throws WeightsError `weights-corrupt` or `weights-mismatch`.
 */
export function modelFromSafetensors(bytes: Uint8Array): Model {
  const { tensors, metadata } = readSafetensors(bytes);
  const state = new Map([...tensors].filter(([name]) => !name.startsWith(trainingPrefix)));
  return { config: parseConfig(metadata), state: checkFinite(state) };
}

/**
 * A model from the original's two files: weights (`.pth`) and configuration (`.json`).
 *
 * @param name what to call the model, which the original's files do not say.
 * @throws WeightsError `weights-corrupt` or `weights-mismatch`.
 */
export function modelFromPth(weights: Uint8Array, configuration: Uint8Array, name: string): Model {
  const json = parseConfigJson(configuration, "The model's json");
  return { config: parseOriginalConfig(json, name), state: checkFinite(readPth(weights)) };
}
