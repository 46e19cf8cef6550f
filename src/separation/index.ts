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
export {
  type LevelSetting,
  levelSettings,
  type SeparateOptions,
  Separator,
  type SeparatorOptions,
  type Stems,
  type StreamOptions,
} from "./separator.ts";
export { inWorkers } from "./workers.ts";
