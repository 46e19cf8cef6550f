/** The training room: losses, gradients and updates of the separation network. */
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
