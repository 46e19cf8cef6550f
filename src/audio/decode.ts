/** Opens audio of any container that is decoded here. */
import { AudioError, throwIfAborted } from "../errors.ts";
import { openAiff } from "./aiffSource.ts";
import { type ByteSource, bytesAfter, readBytes } from "./bytes.ts";
import { openFlac } from "./flacSource.ts";
import { openMp3 } from "./mp3Source.ts";
import { NoticeLog, type Tolerance } from "./notices.ts";
import { openOgg } from "./ogg/oggSource.ts";
import { SNIFF_BYTES, type Sniffed, sniff } from "./sniff.ts";
import type { AudioFormat, AudioSource } from "./source.ts";
import { UnknownFormat, UnsupportedFormat } from "./streamedSource.ts";
import { type Id3, readId3v2 } from "./tags/id3v2.ts";
import { triedTags } from "./tags.ts";
import { openWav } from "./wavSource.ts";

const MAX_TAGS = 8;
/** A container is searched this far. */
const MAX_JUNK = 1 << 16;
/** More of a tag is not read: after the texts come pictures. */
const MAX_TAG_BYTES = 1 << 22;

/** How a file is decoded. */
export interface DecodeOptions {
  /** How much damage is passed over, with a notice; "ends" by default. */
  readonly tolerance?: Tolerance;
  /** Of several audio tracks, this one: its number from 1, or its language ("eng"). */
  readonly audioTrack?: number | string;
}

/**
 * Recognises the container by its content and reads the headers. The source takes over `bytes` and closes them; on
 * failure they are closed at once. What is wrong with the file and was passed over is told by the source's notices.
 * @throws AudioError "empty-audio" (no bytes or no samples), "not-audio", "unsupported-audio", "corrupt-audio",
 * "unreadable"; AbortError.
 */
export async function decodeAudio(
  bytes: ByteSource,
  signal?: AbortSignal,
  options: DecodeOptions = {},
): Promise<AudioSource> {
  try {
    throwIfAborted(signal);
    return await open(bytes, options);
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

async function open(bytes: ByteSource, options: DecodeOptions): Promise<AudioSource> {
  if (bytes.size === 0) {
    throw new AudioError("empty-audio", `${bytes.name} is empty.`, "Get a complete copy.");
  }
  const log = new NoticeLog(bytes.name, options.tolerance);
  const { sniffed, start, id3 } = await sniffAfterTags(bytes);
  if (sniffed.kind === "unsupported") throw new UnsupportedFormat(bytes.name, sniffed.name);
  if (sniffed.kind === "supported" && sniffed.container !== "mp3") {
    return openContainer(bytes, sniffed.container, start, id3, log, options);
  }
  const mp3 = await openMp3(bytes, start, id3, log);
  if (mp3) return mp3;
  const found = await searchContainer(bytes, start);
  if (!found) throw new UnknownFormat(bytes.name);
  log.add({ kind: "junk-before", bytes: found.start - start });
  return openContainer(bytes, found.container, found.start, id3, log, options);
}

type Container = Exclude<AudioFormat["container"], "mp3" | "other">;

function openContainer(
  bytes: ByteSource,
  container: Container,
  start: number,
  id3: Id3 | undefined,
  log: NoticeLog,
  options: DecodeOptions,
): Promise<AudioSource> {
  switch (container) {
    case "wav":
      return openWav(bytesAfter(bytes, start), log);
    case "aiff":
      return openAiff(bytesAfter(bytes, start), log);
    case "flac":
      return openFlac(bytes, start, id3?.tags, log);
    case "ogg":
      return openOgg(bytes, start, id3?.tags, log, options.audioTrack);
  }
}

interface Sniffing {
  readonly sniffed: Sniffed;
  /** Where what was sniffed begins. */
  readonly start: number;
  /** The first tag before it. */
  readonly id3: Id3 | undefined;
}

/** ID3v2 tags may stand before anything. */
async function sniffAfterTags(bytes: ByteSource): Promise<Sniffing> {
  let start = 0;
  let id3: Id3 | undefined;
  for (let count = 0; ; count++) {
    const sniffed = sniff(await readBytes(bytes, start, SNIFF_BYTES));
    if (sniffed.kind !== "tag" || count === MAX_TAGS) return { sniffed, start, id3 };
    const at = start;
    const length = Math.min(sniffed.bytes, MAX_TAG_BYTES, Math.max(0, bytes.size - at));
    id3 ??= await triedTags(async () => readId3v2(await readBytes(bytes, at, length)), undefined);
    start += sniffed.bytes;
  }
}

/** The first place within {@link MAX_JUNK} bytes of `start` where a container begins. */
async function searchContainer(
  bytes: ByteSource,
  start: number,
): Promise<{ readonly container: Container; readonly start: number } | undefined> {
  const head = await readBytes(bytes, start, MAX_JUNK + SNIFF_BYTES);
  for (let at = 1; at < Math.min(MAX_JUNK, head.length); at++) {
    // R, F, f, O: nothing else begins a container.
    if (![0x52, 0x46, 0x66, 0x4f].includes(head[at])) continue;
    const sniffed = sniff(head.subarray(at, at + SNIFF_BYTES));
    if (sniffed.kind !== "supported" || sniffed.container === "mp3") continue;
    return { container: sniffed.container, start: start + at };
  }
  return undefined;
}
