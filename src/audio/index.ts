/** Audio in and out: decoding, resampling, writing. */
export { type ByteSource, bytesOf, bytesOfBlob } from "./bytes.ts";
export { decodeAudio } from "./decode.ts";
export { openAudio } from "./file.ts";
export { Resampler, resampleLength } from "./resampler.ts";
export { type Sniffed, sniff } from "./sniff.ts";
export type { AudioFormat, AudioSource } from "./source.ts";
export { WavWriter } from "./wavWriter.ts";
