/** The part of xumx-slicq that runs everywhere: nothing here knows Node, and nothing browsers. */
/// <reference lib="esnext.disposable" preserve="true" />

export { type ByteSource, bytesOf, bytesOfBlob } from "./audio/bytes.ts";
export { type DecodeOptions, decodeAudio } from "./audio/decode.ts";
export { type Downmix, inStereo, stereoDownmix } from "./audio/downmix.ts";
export { checkOutput } from "./audio/encode.ts";
export {
  type AudioNotice,
  type AudioTrack,
  type Flaw,
  noticeText,
  type Remark,
  type Tolerance,
} from "./audio/notices.ts";
export {
  type AudioShape,
  fileExtension,
  floatWav,
  type OutputFormat,
} from "./audio/outputFormat.ts";
export { Resampler, resampleLength } from "./audio/resampler.ts";
export type { AudioWriter, WriterOptions } from "./audio/sinkWriter.ts";
export type { AudioFormat, AudioSource } from "./audio/source.ts";
export type { Speaker, SpeakerLayout } from "./audio/speakers.ts";
export type { StreamTerms, StreamWrite } from "./audio/streamSink.ts";
export { createStreamWriter, type StreamWriterOptions } from "./audio/streamWriter.ts";
export type { AudioTags } from "./audio/tags.ts";
export { encodeSamples, readSamples } from "./audio/wholeAudio.ts";
export {
  AbortError,
  ArgumentError,
  AudioError,
  ClosedError,
  DataError,
  type ErrorCode,
  LiveError,
  RuntimeError,
  ThreadError,
  WeightsError,
  XumxError,
} from "./errors.ts";
export type { StemGains } from "./live/gainMixer.ts";
export {
  type LiveBlock,
  type LiveRuntimeReport,
  LiveSeparator,
  type LiveStatus,
  type LiveStreamOptions,
} from "./live/liveSeparator.ts";
export type { LiveOptions, OpenLiveOptions } from "./live/openOptions.ts";
export type { ModelConfig, ModelFacts } from "./models/config.ts";
export { type Model, modelFromPth, modelFromSafetensors } from "./models/fromBytes.ts";
export {
  type FileCheck,
  type OriginalFile,
  type OriginalModel,
  originalModels,
} from "./models/originals.ts";
export {
  type PublishedModel,
  publishedModels,
} from "./models/registry.ts";
export {
  type CdaeSettings,
  type FamilyName,
  type ModelScale,
  type NetworkSettings,
  type Target,
  targets,
} from "./networks/index.ts";
export {
  type AnyPhase,
  type FrameEm,
  firstWienerEm,
  type MixPhase,
  mixPhase,
  norbertEm,
  openUnmixEm,
  originalWienerEm,
  type PhaseSettings,
  type WienerEm,
} from "./phase/index.ts";
export {
  type ChannelName,
  channelNames,
  type EncodedImage,
  type LevelRange,
  type PictureSource,
  type ReadableAudio,
  type SpectrogramPanel,
  type SpectrogramPicture,
  type SpectrogramPictureOptions,
  spectrogramPicture,
  type Theme,
  type TimeRange,
  themes,
} from "./pictures/index.ts";
export type { Device, DevicePreference, RuntimePreference } from "./runtime/index.ts";
export type {
  AudioBlocks,
  AudioBufferLike,
  AudioInput,
  Channels,
  InputOptions,
  PlanarAudio,
} from "./separation/audioInput.ts";
export type { RuntimeReport } from "./separation/crew.ts";
export type { Assets, ModelSource, OpenSeparatorOptions } from "./separation/openOptions.ts";
export type { StereoBlock } from "./separation/sampleQueue.ts";
export { Separator, type Stems } from "./separation/separator.ts";
export type {
  LevelSetting,
  SeparateOptions,
  SeparatorOptions,
  StreamOptions,
} from "./separation/separatorOptions.ts";
export {
  type ClipMode,
  clampSamples,
  defaultClipMode,
  fullScale,
  LevelMeter,
  scaleSamples,
} from "./stems/clipping.ts";
export { portableName } from "./stems/portableName.ts";
export { stemTags } from "./stems/stemTags.ts";
export { SAMPLE_RATE } from "./transforms/slicqt/index.ts";
