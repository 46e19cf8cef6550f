/** Reports of a training that TensorBoard shows. */
export { EventFile, type Summary, scalar } from "./eventFile.ts";
export { largestMagnitude, spectrogram } from "./spectrogram.ts";
export { type EncodedAudio, encodeClip } from "./wavClip.ts";
