/**
 * Training of the separation network: whole trainings, and the parts that they are made of.
 *
 * @module xumx-slicq/training
 */
/// <reference lib="esnext.disposable" preserve="true" />

export type { Architecture, BlockArchitecture, BlockSize } from "../networks/cdae/index.ts";
export type { CoupledSizes, GridSizes, MixtureCells } from "../networks/coupled/index.ts";
export type { FirstScale } from "../networks/slicq1/index.ts";
export { loadRuntime, type Runtime } from "../runtime/index.ts";
export {
  averageModels,
  type Checkpoint,
  type ExportFormat,
  type ExportSettings,
  exportFormats,
  exportModel,
  readCheckpoint,
  writeModel,
} from "./checkpoint/index.ts";
export type { CellBatch } from "./coupled/cellBatch.ts";
export type { StemCells } from "./coupled/stemCells.ts";
export { type Augmentation, augmentations, defaultCache } from "./data/index.ts";
export { type EncodedAudio, EventFile, type Summary, scalar } from "./events/index.ts";
export {
  type EndReason,
  type EpochResult,
  originalRecipe,
  type Recipe,
  type Report,
  runFiles,
  type Schedule,
  savedRecipe,
  type TrainOutcome,
  type TrainSettings,
  train,
  type ValidationSettings,
} from "./loop/index.ts";
export {
  AdamW,
  type AdamWSettings,
  averageWeights,
  clippingFactor,
  globalNorm,
  originalAdamW,
} from "./optimiser.ts";
export { type ParameterLayout, Parameters } from "./parameters.ts";
export {
  batchBuffers,
  type PreparedBatch,
  type PreparedBlock,
  type PrepareSettings,
  prepareBatch,
  type TrainingItem,
} from "./preparedBatch.ts";
export {
  originalPlateau,
  type PlateauSettings,
  type PlateauState,
  plateauStart,
  plateauStep,
  type WarmUpCosine,
  warmUpCosine,
} from "./schedule.ts";
export {
  type HaaqiTraining,
  type LossSettings,
  originalLosses,
  originalPhase,
  type TrainingPhase,
  type WienerTraining,
} from "./settings.ts";
export type { Batch, Losses, TrainedNumbers, Trainee } from "./trainee.ts";
export { type StepResult, type TrainingOptions, TrainingStep } from "./trainingStep.ts";
export {
  type Choices,
  type Drawn,
  parseSearched,
  type Rungs,
  rungsOf,
  type Searched,
  type Trial,
  type TrialEnd,
  type TrialEpoch,
  type TrialHistory,
  type TrialMeasure,
  type TrialTraining,
  type TuneSettings,
  trialFolder,
  tune,
} from "./tune/index.ts";
export type { RecurrentSizes } from "./umx/sizes.ts";
export type { BatchWaves, SpectraBatch } from "./umx/spectraBatch.ts";
