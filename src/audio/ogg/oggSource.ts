/** Reads Ogg: the samples that the granule positions tell, of all links of a chain. */
import { AudioError, throwIfAborted } from "../../errors.ts";
import type { ByteSource } from "../bytes.ts";
import type { NoticeLog } from "../notices.ts";
import type { AudioSource } from "../source.ts";
import { corruptAudio, StreamedSource } from "../streamedSource.ts";
import { type AudioTags, mergedTags } from "../tags.ts";
import { chosenTrack } from "../tracks.ts";
import { PacketError } from "./codec.ts";
import { type Link, nextLink } from "./link.ts";
import { lastGranule, PageReader } from "./page.ts";
import { SampleTrim } from "./sampleTrim.ts";

/**
 * Opens Vorbis, Opus or FLAC in Ogg. Of streams that lie side by side the first is read, or the wanted one; links of a
 * chain follow one another, as long as rate and channels stay. Decoders are loaded at the first block.
 * @param id3 tags that were found before the stream; those of the stream itself come first.
 * @param track number of the stream, from 1; languages are not known here.
 * @throws AudioError "corrupt-audio"; "unsupported-audio" (other codecs; from the blocks: a decoder that cannot be
 * loaded, links that differ).
 */
export async function openOgg(
  bytes: ByteSource,
  start: number,
  id3: AudioTags | undefined,
  log: NoticeLog,
  track: number | string | undefined,
): Promise<AudioSource> {
  const reader = new PageReader(bytes, start, log);
  const wanted = typeof track === "number" ? track : 1;
  const first = await nextLink(reader, wanted);
  if (!first) throw corruptAudio(bytes.name, "it has no Ogg pages.");
  const { audio, serial } = first;
  chosenTrack(
    Array.from({ length: first.streams }, (_, i) => ({ number: i + 1, isDefault: i === 0 })),
    wanted,
    log,
  );
  const end = await lastGranule(bytes, serial);
  const format = {
    container: "ogg",
    ...audio.format,
    frames: undefined,
    ...(end && end > audio.preSkip && { approximateFrames: end - audio.preSkip }),
  } as const;
  const tags = mergedTags(audio.tags, id3 ?? {});
  return new StreamedSource(format, tags, bytes, log, async function* (signal) {
    let frames = 0;
    for (
      let link: Link | undefined = first;
      link !== undefined;
      link = await nextLink(reader, wanted, signal)
    ) {
      checkSame(bytes.name, first, link);
      const { damage } = link;
      const seconds = frames / format.sampleRate;
      if (damage) log.add({ kind: "hole", seconds, silence: 0, reason: damage });
      for await (const block of linkBlocks(link, log, signal)) {
        frames += block[0].length;
        yield block;
      }
      const torn = { kind: "cut-short", reason: "its last packet has no end" } as const;
      const ending = reader.ending ?? (link.isTorn() ? torn : undefined);
      const end = { seconds: frames / format.sampleRate, silence: 0 };
      if (ending) log.add({ ...end, ...ending });
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
  { audio, pages }: Link,
  log: NoticeLog,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly Float32Array[], void, void> {
  const { sampleRate, channels } = audio.format;
  const decoder = await audio.makeDecoder();
  const trim = new SampleTrim(channels, audio.preSkip);
  /** What was lost, until the next position tells how much. */
  let hole: { readonly reason: string; readonly seconds: number } | undefined;
  const open = (reason: string, cause?: unknown) => {
    const seconds = trim.decoded / sampleRate;
    // The error, if it is one, comes now.
    if (log.tolerance !== "holes") log.add({ kind: "hole", seconds, silence: 0, reason }, cause);
    hole ??= { reason, seconds };
    trim.openHole();
  };
  const close = (missing: number) => {
    if (hole) log.add({ kind: "hole", ...hole, silence: missing / sampleRate });
    hole = undefined;
  };
  try {
    for await (const { packets, granule, last, damage } of pages(signal)) {
      if (damage !== undefined) open(damage);
      trim.beginPage(granule, last);
      for (const packet of packets) {
        throwIfAborted(signal);
        // Some programs end a stream with a packet of nothing.
        if (packet.length === 0) continue;
        try {
          trim.push(await decoder.decode(packet));
        } catch (error) {
          if (!(error instanceof PacketError)) throw error;
          open(error.message, error);
        }
        yield* trim.full();
      }
      if (granule !== undefined) close(trim.closeHole(granule));
      const missing = trim.endPage(granule, last);
      if (missing > 0) {
        const reason = `${missing} samples are missing at the end`;
        log.add({ kind: "hole", seconds: trim.decoded / sampleRate, silence: 0, reason });
      }
      yield* trim.full();
    }
    close(0);
    yield* trim.rest();
  } catch (error) {
    yield* trim.rest();
    throw error;
  } finally {
    decoder.free();
  }
}
