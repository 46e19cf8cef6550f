/** Opens audio of any container that is decoded here. */
import { AudioError, throwIfAborted } from "../errors.ts";
import { openAiff } from "./aiffSource.ts";
import { type ByteSource, readBytes } from "./bytes.ts";
import { openFlac } from "./flacSource.ts";
import { openMp3 } from "./mp3Source.ts";
import { openOgg } from "./ogg/oggSource.ts";
import { SNIFF_BYTES, type Sniffed, sniff } from "./sniff.ts";
import type { AudioSource } from "./source.ts";
import { UnsupportedFormat } from "./streamedSource.ts";
import { type Id3, readId3v2 } from "./tags/id3v2.ts";
import { triedTags } from "./tags.ts";
import { openWav } from "./wavSource.ts";

const MAX_TAGS = 8;
/** More of a tag is not read: behind the texts come pictures. */
const MAX_TAG_BYTES = 1 << 22;

/**
 * Recognises the container by its content and reads the headers. The source takes over `bytes` and closes them; on
 * failure they are closed at once.
 * @throws AudioError "empty-audio" (no bytes or no samples), "not-audio", "unsupported-audio", "corrupt-audio",
 * "unreadable"; AbortError.
 */
export async function decodeAudio(bytes: ByteSource, signal?: AbortSignal): Promise<AudioSource> {
  try {
    throwIfAborted(signal);
    return await open(bytes);
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

async function open(bytes: ByteSource): Promise<AudioSource> {
  if (bytes.size === 0) {
    throw new AudioError("empty-audio", `${bytes.name} is empty.`, "Get a complete copy.");
  }
  const { sniffed, start, id3 } = await sniffBehindTags(bytes);
  if (sniffed.kind === "unsupported") throw new UnsupportedFormat(bytes.name, sniffed.name);
  if (sniffed.kind === "supported") {
    if (sniffed.container === "wav" && start === 0) return openWav(bytes);
    if (sniffed.container === "aiff" && start === 0) return openAiff(bytes);
    if (sniffed.container === "flac") return openFlac(bytes, start, id3?.tags);
    if (sniffed.container === "ogg") return openOgg(bytes, start, id3?.tags);
  }
  const mp3 = await openMp3(bytes, start, id3);
  if (mp3) return mp3;
  throw new AudioError(
    "not-audio",
    `${bytes.name} is not audio.`,
    "Give a song as WAV, AIFF, FLAC, MP3, Ogg Vorbis or Opus.",
  );
}

interface Sniffing {
  readonly sniffed: Sniffed;
  /** Where what was sniffed begins. */
  readonly start: number;
  /** The first tag before it. */
  readonly id3: Id3 | undefined;
}

/** ID3v2 tags may stand before anything. */
async function sniffBehindTags(bytes: ByteSource): Promise<Sniffing> {
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
