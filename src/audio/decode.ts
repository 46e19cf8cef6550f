/** Opens audio of any supported container. */
import { AudioError, throwIfAborted } from "../errors.ts";
import { type ByteSource, readBytes } from "./bytes.ts";
import { openFlac } from "./flacSource.ts";
import { openMp3 } from "./mp3Source.ts";
import { SNIFF_BYTES, type Sniffed, sniff } from "./sniff.ts";
import type { AudioSource } from "./source.ts";
import { openWav } from "./wavSource.ts";

const MAX_TAGS = 8;
const SUPPORTED_HINT = "Supported are WAV (RF64), FLAC and MP3; convert the file to one of them.";

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
  const { sniffed, start } = await sniffBehindTags(bytes);
  if (sniffed.kind === "unsupported") {
    throw new AudioError(
      "unsupported-audio",
      `${bytes.name} is ${sniffed.name}, which is recognised but not supported yet.`,
      SUPPORTED_HINT,
    );
  }
  if (sniffed.kind === "supported") {
    if (sniffed.container === "wav" && start === 0) return openWav(bytes);
    if (sniffed.container === "flac") return openFlac(bytes, start);
  }
  const mp3 = await openMp3(bytes, start);
  if (mp3) return mp3;
  throw new AudioError("not-audio", `${bytes.name} is not audio.`, SUPPORTED_HINT);
}

/** ID3v2 tags may stand before anything. */
async function sniffBehindTags(bytes: ByteSource): Promise<{ sniffed: Sniffed; start: number }> {
  let start = 0;
  for (let count = 0; ; count++) {
    const sniffed = sniff(await readBytes(bytes, start, SNIFF_BYTES));
    if (sniffed.kind !== "tag" || count === MAX_TAGS) return { sniffed, start };
    start += sniffed.bytes;
  }
}
