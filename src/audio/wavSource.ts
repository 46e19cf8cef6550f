/** Reads WAV, RF64, BW64, Wave64 and RIFX. */
import { type ByteSource, readBytes } from "./bytes.ts";
import type { Extent } from "./dataExtent.ts";
import type { NoticeLog } from "./notices.ts";
import { pcmSource } from "./pcmSource.ts";
import type { AudioSource } from "./source.ts";
import { UnsupportedFormat } from "./streamedSource.ts";
import { readChunkTags } from "./tags/chunkTags.ts";
import { readWavHeader, type WavFormat } from "./wavHeader.ts";

/**
 * Opens PCM of 8 to 32 bits, float of 32 or 64 bits, A-law or µ-law.
 * @throws AudioError "corrupt-audio" (what the log does not pass over), "unsupported-audio", "empty-audio".
 */
export async function openWav(bytes: ByteSource, log: NoticeLog): Promise<AudioSource> {
  const { format, frames, others, ...rest } = await readWavHeader(bytes, log);
  await checkForBitstream(bytes, rest.extents[0], format);
  const tags = await readChunkTags(bytes, others);
  return pcmSource(bytes, { ...rest, format: { container: "wav", ...format, frames }, tags }, log);
}

/** How the words begin that DTS (of 14 and 16 bits) and S/PDIF (IEC 61937) put where samples should be. */
const syncs: readonly (readonly [bytes: readonly number[], what: string])[] = [
  [[0xff, 0x1f, 0x00, 0xe8], "DTS"],
  [[0x1f, 0xff, 0xe8, 0x00], "DTS"],
  [[0xfe, 0x7f, 0x01, 0x80], "DTS"],
  [[0x7f, 0xfe, 0x80, 0x01], "DTS"],
  [[0x72, 0xf8, 0x1f, 0x4e], "AC-3 or DTS as on a digital line (IEC 61937)"],
];
/** Bytes that are searched for such words. */
const SEARCHED = 1 << 16;
/** Fewer of them are chance. */
const LEAST_SYNCS = 2;

/** Surround sound was sold on discs whose tracks look like stereo, and are noise if they are played as such. */
async function checkForBitstream(
  bytes: ByteSource,
  { position, bytes: length }: Extent,
  { channels, sampleFormat }: WavFormat,
): Promise<void> {
  if (channels !== 2 || sampleFormat !== "int16") return;
  const head = await readBytes(bytes, position, Math.min(length, SEARCHED));
  const found = new Array<number>(syncs.length).fill(0);
  for (let at = 0; at + 4 <= head.length; at += 2) {
    for (const [i, [sync, what]] of syncs.entries()) {
      if (!sync.every((byte, j) => head[at + j] === byte)) continue;
      if (++found[i] === LEAST_SYNCS) {
        throw new UnsupportedFormat(bytes.name, `a WAV file of ${what}`);
      }
    }
  }
}
