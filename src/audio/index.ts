/** Audio in and out: decoding, resampling, writing. */
export { createAudioWriter } from "./audioWriter.ts";
export { type ByteSource, bytesOf, bytesOfBlob } from "./bytes.ts";
export { type DecodeOptions, decodeAudio } from "./decode.ts";
export { type Downmix, inStereo, stereoDownmix } from "./downmix.ts";
export { checkOutput } from "./encode.ts";
export { type FfmpegOptions, openWithFfmpeg } from "./ffmpeg.ts";
export {
  type OpenOptions,
  openAudio,
  openAudioStream,
  type StreamOptions as AudioStreamOptions,
} from "./file.ts";
export {
  type AudioNotice,
  type AudioTrack,
  type Flaw,
  noticeText,
  type Remark,
  type Tolerance,
  tolerances,
} from "./notices.ts";
export { type AudioShape, fileExtension, floatWav, type OutputFormat } from "./outputFormat.ts";
export { isOwnWork, OWN_WORK_BYTES } from "./ownWork.ts";
export { Resampler, resampleLength } from "./resampler.ts";
export type { AudioWriter, WriterOptions } from "./sinkWriter.ts";
export { type Sniffed, sniff } from "./sniff.ts";
export type { AudioFormat, AudioSource } from "./source.ts";
export type { Speaker } from "./speakers.ts";
export { isPipe, pipeStream, Spool } from "./spool.ts";
export type { StreamTerms, StreamWrite } from "./streamSink.ts";
export { createStreamWriter, type StreamWriterOptions } from "./streamWriter.ts";
export type { AudioTags } from "./tags.ts";
export { encodeSamples, readSamples } from "./wholeAudio.ts";
