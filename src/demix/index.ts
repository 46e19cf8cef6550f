/** The demix room: songs in, files of their stems out, one by one or many at once. */
export { type Destination, demixFile } from "./demixFile.ts";
export { type DemixFilesOptions, demixFiles, type SongOutcome } from "./demixFiles.ts";
export {
  type BatchEvent,
  type BatchSummary,
  DemixJob,
  type DemixJobOptions,
  type DemixRunOptions,
  type Inspection,
} from "./demixJob.ts";
export { FolderStore } from "./folderStore.ts";
export type { DemixTask, LeftOut, PlannedOutput, Problem } from "./outputPlan.ts";
export { type HeldSong, songAt, songFile, songStream } from "./songFile.ts";
export { type FoundSong, findSongs, isSongName, type SongSearch } from "./songSearch.ts";
export { StagedFiles } from "./stagedFiles.ts";
export { StreamStore } from "./streamStore.ts";
export { defaultTemplate, parseTemplate, placeholders, type Template } from "./template.ts";
export { folderName, trackName } from "./trackName.ts";
