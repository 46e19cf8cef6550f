/** What a model's files say of it. */
import { type Model, modelFromPth, modelFromSafetensors } from "xumx-slicq";
import type { ModelFacts, ModelFiles } from "./protocol.ts";

/**
 * A model whose files are read whole.
 * @throws {WeightsError} if they are not what they should be.
 */
export async function readModel(files: ModelFiles): Promise<Model> {
  const weights = new Uint8Array(await files.weights.arrayBuffer());
  if (files.kind === "safetensors") return modelFromSafetensors(weights);
  const configuration = new Uint8Array(await files.configuration.arrayBuffer());
  return modelFromPth(weights, configuration, files.name);
}

/** @throws as {@link readModel} */
export async function describeModel(files: ModelFiles): Promise<ModelFacts> {
  const { name, licence, targets } = (await readModel(files)).config;
  return { name, licence, targets };
}
