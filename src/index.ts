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
  type ByteStream,
  createAudioWriter,
  createStreamWriter,
  openAudio,
  openAudioStream,
  type StreamWriterOptions,
} from "./audio/index.ts";
export * from "./browser.ts";
export {
  type ClipMode,
  type DemixFilesOptions,
  type DemixOptions,
  type DemixProgress,
  type DemixResult,
  type DemixSettings,
  type Destination,
  demixFile,
  demixFiles,
  type FormatChoice,
  type HeldSong,
  type OutputChoice,
  type OutputName,
  type Part,
  type Song,
  type SongOutcome,
  type StemFile,
  songAt,
  songFile,
  songStream,
} from "./demix/index.ts";
export type { SongView } from "./demix/openSong.ts";
export type { OutputLevel } from "./demix/stemSink.ts";
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
export { inWorkers, openSeparator } from "./separation/index.ts";
