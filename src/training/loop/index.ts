/** The training loop: from folders of songs to weights. */
export { initialState } from "./initialState.ts";
export { type Preview, preview } from "./preview.ts";
export type { EpochResult, Progress } from "./progress.ts";
export {
  checkRecipe,
  coupledRecipe,
  excerptSamples,
  originalRecipe,
  type Recipe,
  recipeArchitecture,
  type Schedule,
  scaleOptions,
  slicq1Recipe,
  songTraining,
  type ValidationSettings,
} from "./recipe.ts";
export type { EndReason, Report } from "./report.ts";
export { type BatchResult, type RunSettings, TrainingRun } from "./run.ts";
export { runFiles } from "./runFiles.ts";
export { umxRecipe, xumxRecipe } from "./songRecipes.ts";
export { savedRecipe, type TrainOutcome, type TrainSettings, train } from "./train.ts";
