/** The demix room: songs in, files of their stems out, one by one or many at once. */
export {
  type BatchEvent,
  type BatchOptions,
  type BatchSummary,
  demixAll,
} from "./batch.ts";
export { type ClipMode, clipModes } from "./clipping.ts";
export {
  type DemixOptions,
  type DemixProgress,
  type DemixResult,
  type DemixSettings,
  type Destination,
  demixFile,
  type StemFile,
} from "./demixFile.ts";
export { type DemixFilesOptions, demixFiles, type SongOutcome } from "./demixFiles.ts";
export { endingOf, type FormatChoice } from "./formatChoice.ts";
export {
  type DemixTask,
  type OutputPlan,
  type PlannedSong,
  type PlanSettings,
  planOutputs,
} from "./outputPlan.ts";
export { chooseOutputs, type OutputChoice, type OutputName } from "./outputs.ts";
export type { Part } from "./part.ts";
export { type HeldSong, type Song, songAt, songFile, songStream } from "./song.ts";
export { type FoundSong, findSongs, type SongSearch } from "./songSearch.ts";
export { defaultTemplate, parseTemplate, placeholders, type Template } from "./template.ts";
export { folderName, trackName } from "./trackName.ts";
