/** Models: what they are, which ones there are, and how they are found and loaded. */
export { bundledModels } from "./bundled.ts";
export { cacheFolder, isCached, modelCache, removeCached } from "./cache.ts";
export {
  configMetadata,
  type ModelConfig,
  type ModelFacts,
  metadataKey,
  parseConfig,
  parseOriginalConfig,
} from "./config.ts";
export { defaultModel } from "./defaultModel.ts";
export { describeModel, type ModelDescription } from "./describe.ts";
export {
  type DownloadOptions,
  type DownloadProgress,
  downloadModel,
  isOffline,
} from "./download.ts";
export { fetchOriginal, removeOriginal } from "./fetchOriginal.ts";
export {
  type Model,
  modelFromPth,
  modelFromSafetensors,
  trainingPrefix,
} from "./fromBytes.ts";
export { modelHash } from "./hash.ts";
export {
  type InventoryOptions,
  type ListedModel,
  listModels,
  type Verdict,
  verifyModel,
} from "./inventory.ts";
export {
  aboutFile,
  type FindModelOptions,
  type FoundModel,
  findModel,
  type LoadedModel,
  loadModel,
  readModel,
} from "./load.ts";
export { type OriginalFile, type OriginalModel, originalModels } from "./originals.ts";
export {
  type PublishedFile,
  type PublishedModel,
  publishedHost,
  publishedModels,
} from "./registry.ts";
