/** Reads FLAC frame by frame, checking every frame and the total against what the file promises. (RFC 9639.) */
import type { ByteSource } from "./bytes.ts";
import { readFlacMetadata } from "./flacMetadata.ts";
import { flacBlocks, flacEndsWhole } from "./flacStream.ts";
import type { NoticeLog } from "./notices.ts";
import type { AudioSource } from "./source.ts";
import { flacLayout } from "./speakers.ts";
import { StreamedSource } from "./streamedSource.ts";
import { commentTags } from "./tags/vorbisComment.ts";
import { type AudioTags, mergedTags } from "./tags.ts";

/** Samples per channel gathered in a block, at least. */
const BLOCK_FRAMES = 16384;

/**
 * Opens a native FLAC stream of 4 to 32 bits and 1 to 8 channels, or several that were joined.
 * @param start position of the "fLaC" mark.
 * @param id3 tags that were found before it; those of the stream itself come first.
 * @throws AudioError "corrupt-audio".
 */
export async function openFlac(
  bytes: ByteSource,
  start: number,
  id3: AudioTags | undefined,
  log: NoticeLog,
): Promise<AudioSource> {
  const metadata = await readFlacMetadata(bytes, start);
  const { info, comments } = metadata;
  const isWhole = info.frames > 0 && (await flacEndsWhole(bytes, metadata));
  const format = {
    container: "flac",
    sampleRate: info.sampleRate,
    channels: info.channels,
    frames: isWhole ? info.frames : undefined,
    ...(!isWhole && info.frames > 0 && { approximateFrames: info.frames }),
    sampleFormat: `int${info.bits}`,
    ...flacLayout(info.channels, comments),
  } as const;
  const tags = mergedTags(commentTags(comments), id3 ?? {});
  return new StreamedSource(format, tags, bytes, log, async function* (signal) {
    let pending: (readonly Float32Array[])[] = [];
    let gathered = 0;
    const gather = function* (least: number) {
      if (gathered < least) return;
      yield joined(pending, gathered);
      pending = [];
      gathered = 0;
    };
    try {
      for await (const block of flacBlocks(bytes, metadata, log, signal)) {
        pending.push(block);
        gathered += block[0].length;
        yield* gather(BLOCK_FRAMES);
      }
    } catch (error) {
      yield* gather(1);
      throw error;
    }
    yield* gather(1);
  });
}

function joined(blocks: readonly (readonly Float32Array[])[], length: number): Float32Array[] {
  return blocks[0].map((_, channel) => {
    const out = new Float32Array(length);
    let at = 0;
    for (const block of blocks) {
      out.set(block[channel], at);
      at += block[channel].length;
    }
    return out;
  });
}
