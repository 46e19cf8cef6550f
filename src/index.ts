/**
 * xumx-slicq: music demixing with the sliced constant-Q transform. A song in; vocals, drums, bass and other out.
 *
 * @example
 * const separator = await openSeparator();
 * const { vocals } = await separator.separate([left, right]); // arrays at 44.1 kHz
 * await demixFile(separator, "song.flac", "stems"); // stems/vocals.wav, …
 * await separator.close();
 * @module xumx-slicq
 */

export {
  type AudioStreamOptions,
  type AudioWriter,
  createAudioWriter,
  createStreamWriter,
  type OpenOptions,
  openAudio,
  openAudioStream,
  type StreamTerms,
  type StreamWrite,
  type StreamWriterOptions,
} from "./audio/index.ts";
export {
  type BatchEvent,
  type BatchSummary,
  type DemixFilesOptions,
  DemixJob,
  type DemixJobOptions,
  type DemixRunOptions,
  type DemixTask,
  type Destination,
  demixFile,
  demixFiles,
  FolderStore,
  type HeldSong,
  type Inspection,
  type LeftOut,
  type PlannedOutput,
  type Problem,
  type SongOutcome,
  StreamStore,
  songAt,
  songFile,
  songStream,
} from "./demix/index.ts";
export { openLive } from "./live/index.ts";
export {
  bundledModels,
  cacheFolder,
  type DownloadOptions,
  type DownloadProgress,
  defaultModel,
  downloadModel,
  type FindModelOptions,
  type InventoryOptions,
  isCached,
  type ListedModel,
  type LoadedModel,
  listModels,
  loadModel,
  modelCache,
  removeCached,
  type Verdict,
  verifyModel,
} from "./models/index.ts";
export * from "./portable.ts";
export {
  type Availability,
  type Capabilities,
  capabilities,
  devices,
} from "./runtime/index.ts";
export { openSeparator } from "./separation/index.ts";
export type {
  ClipMode,
  DemixOptions,
  DemixProgress,
  DemixResult,
  DemixSettings,
  FormatChoice,
  OutputChoice,
  OutputLevel,
  OutputName,
  OutputPlace,
  OutputSet,
  Part,
  Scratch,
  Song,
  SongView,
  StemFile,
  Store,
} from "./stems/index.ts";
