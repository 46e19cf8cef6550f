/** Audio in and out: decoding, resampling, writing. */
export {
  type AudioWriter,
  createAudioWriter,
  createStreamWriter,
  type StreamWriterOptions,
  type WriterOptions,
} from "./audioWriter.ts";
export { type ByteSource, bytesOf, bytesOfBlob } from "./bytes.ts";
export { decodeAudio } from "./decode.ts";
export { type Downmix, inStereo, stereoDownmix } from "./downmix.ts";
export { checkOutput } from "./encode.ts";
export { type FfmpegOptions, openWithFfmpeg } from "./ffmpeg.ts";
export { openAudio, openAudioStream } from "./file.ts";
export { type AudioShape, fileExtension, floatWav, type OutputFormat } from "./outputFormat.ts";
export { Resampler, resampleLength } from "./resampler.ts";
export { type Sniffed, sniff } from "./sniff.ts";
export type { AudioFormat, AudioSource } from "./source.ts";
export type { Speaker } from "./speakers.ts";
export { isPipe, pipeStream, Spool } from "./spool.ts";
export type { AudioTags } from "./tags.ts";
