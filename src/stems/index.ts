/** The stems room: from a separator's stems to a song's outputs, wherever these go. Nothing here knows Node. */
export { type ClipMode, clipModes } from "./clipping.ts";
export { endingOf, type FormatChoice, formatFor } from "./formatChoice.ts";
export { OpenSong, type SongView } from "./openSong.ts";
export { chooseOutputs, type OutputChoice, type OutputName, outputNames } from "./outputs.ts";
export type { Part } from "./part.ts";
export {
  clipModeFor,
  type DemixOptions,
  type DemixProgress,
  type DemixResult,
  type DemixSettings,
  type OutputPlace,
  type StemFile,
  separateSong,
} from "./separateSong.ts";
export type { Song } from "./song.ts";
export type { OutputLevel } from "./stemSink.ts";
export type { OutputSet, Scratch, Store } from "./store.ts";
