/** The separation room: songs to stems. */
export type {
  AudioBlocks,
  AudioBufferLike,
  AudioInput,
  Channels,
  InputOptions,
  PlanarAudio,
} from "./audioInput.ts";
export { type EngineFactory, inThisThread, type RuntimeReport } from "./crew.ts";
export type { ModelSource, OpenSeparatorOptions } from "./openOptions.ts";
export { openSeparator } from "./openSeparator.ts";
export type { EngineTimes } from "./piece.ts";
export { firstUnusable, type StereoBlock } from "./sampleQueue.ts";
export { Separator, type Stems } from "./separator.ts";
export {
  type LevelSetting,
  levelSettings,
  type SeparateOptions,
  type SeparatorOptions,
  type StreamOptions,
} from "./separatorOptions.ts";
export { MOST_SHIFTS } from "./shiftedStems.ts";
export { inWorkers } from "./workers.ts";
