/**
 * The metrics themselves, without files, data sets and models: what browsers get of `xumx-slicq/evaluation`.
 *
 * @module
 */
/// <reference lib="esnext.disposable" preserve="true" />

export { bandLevels, levelBands } from "./bandLevels.ts";
export {
  type BssEvalOptions,
  type BssScores,
  bssEval,
  type FrameScores,
} from "./bss/bssEval.ts";
export type { Samples } from "./bss/correlations.ts";
export { type Metric, metrics, type Source } from "./bss/criteria.ts";
export type { Framing } from "./bss/frames.ts";
export {
  type Audiogram,
  type AudiogramName,
  audiogramFrequencies,
  audiogramNames,
  namedAudiogram,
} from "./haaqi/audiogram.ts";
export {
  type Equalisation,
  Haaqi,
  type HaaqiOptions,
  type HaaqiScore,
} from "./haaqi/haaqi.ts";
export { hearingAid } from "./haaqi/hearingAid.ts";
export { LegacyRandom } from "./haaqi/legacyRandom.ts";
export { type Ears, type Listener, readAudiogram, readListeners } from "./haaqi/listeners.ts";
export { LEAST_SILENCE, type SilenceOptions, silenceLevel } from "./silence.ts";
export { globalSdr, siSdr } from "./wholeTrack.ts";
