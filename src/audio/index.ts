/** Audio in and out: decoding, resampling, writing. */
export {
  createAudioWriter,
  createSinkWriter,
  createStreamWriter,
  type StreamWriterOptions,
} from "./audioWriter.ts";
export type { ByteSink } from "./byteSink.ts";
export { type ByteSource, bytesOf, bytesOfBlob } from "./bytes.ts";
export { decodeAudio } from "./decode.ts";
export { type Downmix, inStereo, stereoDownmix } from "./downmix.ts";
export { checkOutput } from "./encode.ts";
export { type FfmpegOptions, openWithFfmpeg } from "./ffmpeg.ts";
export { openAudio, openAudioStream, type StreamOptions as AudioStreamOptions } from "./file.ts";
export { type AudioShape, fileExtension, floatWav, type OutputFormat } from "./outputFormat.ts";
export { Resampler, resampleLength } from "./resampler.ts";
export type { AudioWriter, WriterOptions } from "./sinkWriter.ts";
export { type Sniffed, sniff } from "./sniff.ts";
export type { AudioFormat, AudioSource } from "./source.ts";
export type { Speaker } from "./speakers.ts";
export { isPipe, pipeStream, Spool } from "./spool.ts";
export type { ByteStream } from "./streamSink.ts";
export type { AudioTags } from "./tags.ts";
export { encodeSamples, readSamples } from "./wholeAudio.ts";
