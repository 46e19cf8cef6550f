/** Files of a training: checkpoints, models, and their export. */
export { averageModels } from "./averageModels.ts";
export { type Checkpoint, readCheckpoint, writeCheckpoint, writeModel } from "./checkpoint.ts";
export {
  type ExportFormat,
  type ExportSettings,
  exportFormats,
  exportModel,
} from "./exportModel.ts";
export { writeTorchFile } from "./torchFile.ts";
