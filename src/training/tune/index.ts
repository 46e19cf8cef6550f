/** A search over trainings: settings at random, successive halving. */
export { promoted, type Ranked, type Rungs, rungsOf } from "./halving.ts";
export { type Choices, type Drawn, draw, parseSearched, type Searched } from "./space.ts";
export type { TrialEnd, TrialEpoch, TrialHistory } from "./trialLog.ts";
export { trialPicture } from "./trialPicture.ts";
export { inOrder, trialOptions, trialRows } from "./trialTable.ts";
export {
  type Trial,
  type TrialMeasure,
  type TrialTraining,
  type TuneSettings,
  trialFolder,
  tune,
  tuneFiles,
} from "./tune.ts";
