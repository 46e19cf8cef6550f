/**
 * xumx-slicq: music demixing with the sliced constant-Q transform.
 *
 * @module xumx-slicq
 */
export { type DemixResult, demixFile } from "./demix/index.ts";
export {
  AbortError,
  ArgumentError,
  AudioError,
  type ErrorCode,
  RuntimeError,
  WeightsError,
  XumxError,
} from "./errors.ts";
export {
  bundledModels,
  type DownloadOptions,
  type DownloadProgress,
  defaultModel,
  downloadModel,
  type FindModelOptions,
  type ListedModel,
  type LoadedModel,
  listModels,
  loadModel,
  type Model,
  type ModelConfig,
  modelCache,
  type PublishedModel,
  publishedModels,
} from "./models/index.ts";
export { type Target, targets } from "./network/index.ts";
export {
  mixPhase,
  originalWienerEm,
  type PhaseSettings,
  type Regularisation,
} from "./phase/index.ts";
export type { Device, DevicePreference } from "./runtime/index.ts";
export {
  inThisThread,
  inWorkers,
  type OpenSeparatorOptions,
  openSeparator,
  type SeparateOptions,
  Separator,
  type SeparatorOptions,
  type Stems,
  type StereoBlock,
  type StreamOptions,
} from "./separation/index.ts";
