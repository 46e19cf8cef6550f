/** Reads interleaved samples block by block: what is left to do once a header has been read. */
import { AudioError, throwIfAborted } from "../errors.ts";
import { type ByteSource, readBytes } from "./bytes.ts";
import { type PcmFormat, pcmBytes, planar } from "./pcm.ts";
import type { AudioFormat, AudioSource } from "./source.ts";
import { StreamedSource } from "./streamedSource.ts";
import type { AudioTags } from "./tags.ts";

const BLOCK_BYTES = 1 << 19;
const MAX_BLOCK_FRAMES = 65536;

/** Where the samples lie, and how. */
export interface PcmData {
  readonly format: AudioFormat & { readonly sampleFormat: PcmFormat; readonly frames: number };
  readonly tags: AudioTags;
  readonly bigEndian: boolean;
  /** Bytes before the first sample. */
  readonly dataPosition: number;
}

/** Samples are passed on as they are, also beyond ±1, infinite or NaN. All must be there. */
export function pcmSource(bytes: ByteSource, data: PcmData): AudioSource {
  const { format, tags, bigEndian, dataPosition } = data;
  const { channels, sampleFormat, frames } = format;
  const frameBytes = channels * pcmBytes[sampleFormat];
  const blockFrames = Math.max(1, Math.min(MAX_BLOCK_FRAMES, Math.floor(BLOCK_BYTES / frameBytes)));
  return new StreamedSource(format, tags, bytes, async function* (signal) {
    for (let from = 0; from < frames; from += blockFrames) {
      throwIfAborted(signal);
      const count = Math.min(blockFrames, frames - from);
      const block = await readBytes(bytes, dataPosition + from * frameBytes, count * frameBytes);
      if (block.length < count * frameBytes) {
        throw new AudioError(
          "unreadable",
          `${bytes.name} became shorter while it was read.`,
          "Wait until the file is complete and try again.",
        );
      }
      yield planar(block, sampleFormat, channels, bigEndian);
    }
  });
}
