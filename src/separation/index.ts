/** The separation room: songs to stems. */
export { type OpenSeparatorOptions, openSeparator } from "./openSeparator.ts";
export type { EngineTimes } from "./piece.ts";
export { firstNonFinite, type StereoBlock } from "./sampleQueue.ts";
export {
  type EngineFactory,
  inThisThread,
  type RuntimeReport,
  type SeparateOptions,
  Separator,
  type SeparatorOptions,
  type Stems,
  type StreamOptions,
} from "./separator.ts";
export { inWorkers } from "./workers.ts";
