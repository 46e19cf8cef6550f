/** The training room: losses, gradients and updates of the separation network. */

export { type Checkpoint, exportModel, readCheckpoint, writeModel } from "./checkpoint/index.ts";
export { augmentations, openCorpus, Random } from "./data/index.ts";
export { EventFile } from "./events/index.ts";
export {
  originalRecipe,
  type Recipe,
  type Report,
  type TrainOutcome,
  type TrainSettings,
  train,
} from "./loop/index.ts";
export {
  AdamW,
  type AdamWSettings,
  averageWeights,
  clippingFactor,
  globalNorm,
  originalAdamW,
} from "./optimiser.ts";
export { Parameters } from "./parameters.ts";
export {
  batchBuffers,
  type PreparedBatch,
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
  type LossSettings,
  originalLosses,
  originalPhase,
  type TrainingPhase,
} from "./settings.ts";
export {
  type Losses,
  type StepResult,
  type TrainingOptions,
  TrainingStep,
} from "./trainingStep.ts";
