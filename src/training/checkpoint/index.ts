/** Files of a training: checkpoints, models, and their export. */
export { writeAtomically } from "./atomicFile.ts";
export { type Checkpoint, readCheckpoint, writeCheckpoint, writeModel } from "./checkpoint.ts";
export {
  type ExportFormat,
  type ExportSettings,
  exportFormats,
  exportModel,
} from "./exportModel.ts";
export { TrainingFileError } from "./fileError.ts";
export { writeTorchFile } from "./torchFile.ts";
