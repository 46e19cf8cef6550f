/**
 * The part of xumx-slicq that runs everywhere, and all of it that browsers get: nothing here knows Node.
 *
 * Songs come as Blobs or bytes, models as bytes, and all work is done in the calling thread, which should be a worker.
 *
 * ```ts
 * const weights = await (await fetch("model.safetensors")).arrayBuffer();
 * await using separator = await Separator.create(modelFromSafetensors(new Uint8Array(weights)));
 * const [left, right] = await readSamples(await decodeAudio(bytesOfBlob(file, file.name)));
 * const { vocals } = await separator.separate([left, right]); // of a stereo file at 44.1 kHz
 * ```
 * @module xumx-slicq
 */
/// <reference lib="esnext.disposable" preserve="true" />

export { type ByteSource, bytesOf, bytesOfBlob } from "./audio/bytes.ts";
export { decodeAudio } from "./audio/decode.ts";
export { type Downmix, inStereo, stereoDownmix } from "./audio/downmix.ts";
export { checkOutput } from "./audio/encode.ts";
export {
  type AudioShape,
  fileExtension,
  floatWav,
  type OutputFormat,
} from "./audio/outputFormat.ts";
export { Resampler, resampleLength } from "./audio/resampler.ts";
export type { WriterOptions } from "./audio/sinkWriter.ts";
export type { AudioFormat, AudioSource } from "./audio/source.ts";
export type { Speaker, SpeakerLayout } from "./audio/speakers.ts";
export type { AudioTags } from "./audio/tags.ts";
export { encodeSamples, readSamples } from "./audio/wholeAudio.ts";
export {
  AbortError,
  ArgumentError,
  AudioError,
  type ErrorCode,
  RuntimeError,
  WeightsError,
  XumxError,
} from "./errors.ts";
export type { ModelConfig, ModelFacts } from "./models/config.ts";
export { type Model, modelFromPth, modelFromSafetensors } from "./models/fromBytes.ts";
export {
  type PublishedFile,
  type PublishedModel,
  publishedHost,
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
  completePhase,
  type MixPhase,
  mixPhase,
  originalWienerEm,
  type PhaseSettings,
  type Regularisation,
  type WienerEm,
  type WienerWindow,
} from "./phase/index.ts";
export {
  type ChannelName,
  channelNames,
  type EncodedImage,
  type LevelRange,
  type PictureSource,
  type ReadableAudio,
  type SpectrogramPicture,
  type SpectrogramPictureOptions,
  spectrogramPicture,
  type Theme,
  type TimeRange,
  themes,
} from "./pictures/index.ts";
export {
  type Availability,
  type Capabilities,
  capabilities,
  type Device,
  type DevicePreference,
  devices,
  type Importer,
  type RuntimePackage,
  type RuntimePreference,
} from "./runtime/index.ts";
export type {
  AudioBlocks,
  AudioBufferLike,
  AudioInput,
  Channels,
  InputOptions,
  PlanarAudio,
} from "./separation/audioInput.ts";
export type { ModelSource, OpenSeparatorOptions } from "./separation/openOptions.ts";
export type { EngineTimes } from "./separation/piece.ts";
export type { StereoBlock } from "./separation/sampleQueue.ts";
export {
  type EngineFactory,
  inThisThread,
  type LevelSetting,
  type RuntimeReport,
  type SeparateOptions,
  Separator,
  type SeparatorOptions,
  type Stems,
  type StreamOptions,
} from "./separation/separator.ts";
export type {
  BoolTensor,
  F32Tensor,
  F64Tensor,
  I32Tensor,
  I64Tensor,
  StateDict,
  Tensor,
  U8Tensor,
} from "./tensors/index.ts";
export { SAMPLE_RATE } from "./transforms/slicqt/index.ts";
