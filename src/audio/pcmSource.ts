/** Reads interleaved samples block by block: what is left to do once a header has been read. */
import { AudioError, throwIfAborted } from "../errors.ts";
import { type ByteSource, readBytes } from "./bytes.ts";
import type { Extent } from "./dataExtent.ts";
import type { NoticeLog } from "./notices.ts";
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
  /** Where the samples lie, whole frames each. */
  readonly extents: readonly Extent[];
}

/** Samples are passed on as they are, also beyond ±1, infinite or NaN. All must be there. */
export function pcmSource(bytes: ByteSource, data: PcmData, log: NoticeLog): AudioSource {
  const { format, tags, bigEndian, extents } = data;
  const { channels, sampleFormat } = format;
  const frameBytes = channels * pcmBytes[sampleFormat];
  const blockFrames = Math.max(1, Math.min(MAX_BLOCK_FRAMES, Math.floor(BLOCK_BYTES / frameBytes)));
  const blockBytes = blockFrames * frameBytes;
  return new StreamedSource(format, tags, bytes, log, async function* (signal) {
    for (const { position, bytes: length } of extents) {
      for (let from = 0; from < length; from += blockBytes) {
        throwIfAborted(signal);
        const wanted = Math.min(blockBytes, length - from);
        const block = await readBytes(bytes, position + from, wanted);
        if (block.length < wanted) {
          throw new AudioError(
            "unreadable",
            `${bytes.name} became shorter while it was read.`,
            "Wait until the file is complete and try again.",
          );
        }
        yield planar(block, sampleFormat, channels, bigEndian);
      }
    }
  });
}
