/** Models: what they are, which ones there are, and how they are loaded. */
export {
  configMetadata,
  type ModelConfig,
  type ModelScale,
  metadataKey,
  parseConfig,
  parseOriginalConfig,
} from "./config.ts";
export { defaultModel } from "./defaultModel.ts";
export {
  type Model,
  modelFromPth,
  modelFromSafetensors,
  trainingPrefix,
} from "./fromBytes.ts";
export { bundledModels, type LoadedModel, loadModel } from "./load.ts";
