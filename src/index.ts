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
  defaultModel,
  type LoadedModel,
  loadModel,
  type Model,
  type ModelConfig,
} from "./models/index.ts";
export { type Target, targets } from "./network/index.ts";
export {
  mixPhase,
  originalWienerEm,
  type PhaseSettings,
  type Regularisation,
} from "./phase/index.ts";
export {
  inThisThread,
  inWorkers,
  openSeparator,
  type SeparateOptions,
  Separator,
  type SeparatorOptions,
  type Stems,
  type StereoBlock,
  type StreamOptions,
} from "./separation/index.ts";
