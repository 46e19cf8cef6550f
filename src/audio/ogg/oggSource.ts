/** Reads Ogg: the samples that the granule positions tell, of all links of a chain. */
import { AudioError, throwIfAborted } from "../../errors.ts";
import type { ByteSource } from "../bytes.ts";
import type { AudioSource } from "../source.ts";
import { corruptAudio, StreamedSource } from "../streamedSource.ts";
import { type AudioTags, mergedTags } from "../tags.ts";
import { PacketError } from "./codec.ts";
import { type Link, nextLink } from "./link.ts";
import { lastGranule, PageReader } from "./page.ts";
import { SampleTrim } from "./sampleTrim.ts";

/**
 * Opens Vorbis, Opus or FLAC in Ogg. Of streams that lie side by side the first is read; links of a chain follow one
 * another, as long as rate and channels stay. Decoders are loaded at the first block.
 * @param id3 tags that were found before the stream; those of the stream itself come first.
 * @throws AudioError "corrupt-audio"; "unsupported-audio" (other codecs; from the blocks: a decoder that cannot be
 * loaded, links that differ).
 */
export async function openOgg(
  bytes: ByteSource,
  start = 0,
  id3: AudioTags = {},
): Promise<AudioSource> {
  const reader = new PageReader(bytes, start);
  const first = await nextLink(reader);
  if (!first) throw corruptAudio(bytes.name, "it has no Ogg pages.");
  const { audio, serial } = first;
  const end = await lastGranule(bytes, serial);
  const format = {
    container: "ogg",
    ...audio.format,
    frames: undefined,
    ...(end && end > audio.preSkip && { approximateFrames: end - audio.preSkip }),
  } as const;
  const tags = mergedTags(audio.tags, id3);
  return new StreamedSource(format, tags, bytes, async function* (signal) {
    for (
      let link: Link | undefined = first;
      link !== undefined;
      link = await nextLink(reader, signal)
    ) {
      checkSame(bytes.name, first, link);
      yield* linkBlocks(bytes.name, link, signal);
    }
  });
}

function checkSame(name: string, first: Link, { audio: { format } }: Link): void {
  const { sampleRate, channels } = first.audio.format;
  if (format.sampleRate === sampleRate && format.channels === channels) return;
  throw new AudioError(
    "unsupported-audio",
    `${name} changes from ${channels} channels at ${sampleRate} Hz to ${format.channels} channels at ${format.sampleRate} Hz.`,
    "Split it into its parts.",
  );
}

async function* linkBlocks(
  name: string,
  { audio, pages }: Link,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly Float32Array[], void, void> {
  const decoder = await audio.makeDecoder();
  const trim = new SampleTrim(audio.format.channels, audio.preSkip);
  try {
    for await (const { packets, granule, last } of pages(signal)) {
      trim.beginPage(granule, last);
      for (const packet of packets) {
        throwIfAborted(signal);
        // Some programs end a stream with a packet of nothing.
        if (packet.length === 0) continue;
        trim.push(await decoder.decode(packet));
        yield* trim.full();
      }
      trim.endPage(granule, last);
      yield* trim.full();
    }
    yield* trim.rest();
  } catch (error) {
    yield* trim.rest();
    if (!(error instanceof PacketError)) throw error;
    const seconds = (trim.decoded / audio.format.sampleRate).toFixed(1);
    throw corruptAudio(name, `${error.message} after ${seconds} s.`, error);
  } finally {
    decoder.free();
  }
}
