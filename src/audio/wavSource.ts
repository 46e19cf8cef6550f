/** Reads WAV, RF64 and BW64 block by block. */
import { AudioError, throwIfAborted } from "../errors.ts";
import { type ByteSource, readBytes } from "./bytes.ts";
import { pcmBytes, planar } from "./pcm.ts";
import type { AudioSource } from "./source.ts";
import { StreamedSource } from "./streamedSource.ts";
import { readWavHeader } from "./wavHeader.ts";

const BLOCK_BYTES = 1 << 19;
const MAX_BLOCK_FRAMES = 65536;

/**
 * Opens PCM of 8 to 32 bits or float of 32 or 64 bits. Float samples are passed on as they are, also beyond ±1,
 * infinite or NaN.
 * @throws AudioError "corrupt-audio" (also when the file is shorter than its header says), "unsupported-audio",
 * "empty-audio".
 */
export async function openWav(bytes: ByteSource): Promise<AudioSource> {
  const { dataPosition, ...header } = await readWavHeader(bytes);
  const { channels, sampleFormat, frames } = header;
  const frameBytes = channels * pcmBytes[sampleFormat];
  const blockFrames = Math.max(1, Math.min(MAX_BLOCK_FRAMES, Math.floor(BLOCK_BYTES / frameBytes)));
  return new StreamedSource({ container: "wav", ...header }, bytes, async function* (signal) {
    for (let from = 0; from < frames; from += blockFrames) {
      throwIfAborted(signal);
      const count = Math.min(blockFrames, frames - from);
      const data = await readBytes(bytes, dataPosition + from * frameBytes, count * frameBytes);
      if (data.length < count * frameBytes) {
        throw new AudioError(
          "unreadable",
          `${bytes.name} became shorter while it was read.`,
          "Wait until the file is complete and try again.",
        );
      }
      yield planar(data, sampleFormat, channels);
    }
  });
}
