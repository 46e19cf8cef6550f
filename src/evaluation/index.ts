/**
 * How good a separation is, with numbers that agree with the field's tools, and how good it could be.
 *
 * @module xumx-slicq/evaluation
 */
/// <reference lib="esnext.disposable" preserve="true" />

export {
  type Dataset,
  openDataset,
  type Part,
  parts,
  readStems,
  type Song,
  type SongProblem,
  type SongStems,
  type Split,
  type Stereo,
  songsOf,
  splits,
  sumOfStems,
  validationSongs,
} from "../datasets/index.ts";
export * from "../metrics/index.ts";
export {
  type MethodScores,
  type MethodSummary,
  mean,
  median,
  quantile,
  type StemSummary,
  stemNames,
  summarise,
  type TrackStem,
  trackStems,
} from "./aggregate.ts";
export {
  type Evaluation,
  type EvaluationEvent,
  type EvaluationOptions,
  prepareEvaluation,
} from "./evaluateDataset.ts";
export {
  describeHearing,
  type EarScores,
  HearingScorer,
  type HearingSettings,
  meanOfEars,
} from "./hearing.ts";
export { type Method, type MethodSpec, openMethod, type Task } from "./methods.ts";
export { readMuseval, writeMuseval } from "./musevalFile.ts";
export { makeOracle, type Oracle, type OracleName, oracleNames } from "./oracles/oracle.ts";
export { type BlockSize, type OracleTransform, parseTransform } from "./oracles/transforms.ts";
export { type BoxGroup, type BoxPlot, drawBoxPlot } from "./plot/boxPlot.ts";
export type { Colour, Drawing, Shape } from "./plot/drawing.ts";
export { toPng } from "./plot/png.ts";
export { toSvg } from "./plot/svg.ts";
export { readMethod, writeTrack } from "./scoreFiles.ts";
export {
  drawTransform,
  originalSearch,
  type SearchSpace,
  scoreTransform,
  searchSlicq,
  type Trial,
} from "./slicqSearch.ts";
export { comparisonTables, scoresCsv } from "./tables.ts";
export type { MixtureChoice } from "./trackJob.ts";
export {
  type ScoreOptions,
  type StemScores,
  scoreTrack,
  type TrackHearing,
  type TrackScores,
} from "./trackScores.ts";
