/**
 * The chunks of a WAV file: RIFF, its long kin RF64, BW64 and Wave64, and its big-endian one, RIFX. (EBU Tech 3306;
 * Microsoft's Multimedia Data Standards; Sony's Wave64.)
 */
import { AudioError } from "../errors.ts";
import { type ByteSource, readBytes } from "./bytes.ts";
import { type Chunk, type ChunkLayout, chunksOf, readContent, viewOf, wordAt } from "./chunks.ts";
import { type Extent, sampleExtents } from "./dataExtent.ts";
import type { NoticeLog } from "./notices.ts";
import { type PcmFormat, pcmBytes } from "./pcm.ts";
import { MAX_SAMPLE_RATE } from "./source.ts";
import { maskLayout, type SpeakerLayout, waveLayout } from "./speakers.ts";
import { corruptAudio, emptyAudio, UnsupportedFormat } from "./streamedSource.ts";

/** What the fmt chunk tells. */
export interface WavFormat extends SpeakerLayout {
  readonly sampleRate: number;
  readonly channels: number;
  readonly sampleFormat: PcmFormat;
}

export interface WavHeader {
  readonly format: WavFormat;
  readonly bigEndian: boolean;
  /** Samples per channel. */
  readonly frames: number;
  /** Where they lie. */
  readonly extents: readonly Extent[];
  /** Chunks that may hold tags, before and after the samples. */
  readonly others: readonly Chunk[];
}

/** The size of a chunk whose size stands in the ds64 chunk. */
const UNKNOWN_SIZE = 0xffffffff;
/** Chunks besides the samples that are remembered. */
const MAX_OTHERS = 100;

const codecs: Readonly<Record<number, string>> = {
  2: "Microsoft ADPCM",
  6: "A-law",
  7: "µ-law",
  17: "IMA ADPCM",
  49: "GSM 6.10",
  80: "MPEG layer II",
  85: "MP3",
  255: "AAC",
  353: "Windows Media",
};
/** The last 14 bytes of the subformat of WAVE_FORMAT_EXTENSIBLE, where the first two are a format tag. */
const subformatTail = [0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113];

/** Sizes that do not fit in 32 bits, from the ds64 chunk. */
interface LongSizes {
  readonly data: number;
  readonly others: ReadonlyMap<string, number>;
}

const riff: ChunkLayout = { first: 12, bigEndian: false, heads: "word", alignment: 2 };
const wave64: ChunkLayout = { first: 40, bigEndian: false, heads: "guid", alignment: 8 };

/**
 * Reads the header.
 * @throws AudioError "corrupt-audio", "unsupported-audio" or "empty-audio".
 */
export async function readWavHeader(source: ByteSource, log: NoticeLog): Promise<WavHeader> {
  const { name, size } = source;
  const magic = wordAt(await readBytes(source, 0, 4), 0);
  const layout = magic === "riff" ? wave64 : { ...riff, bigEndian: magic === "RIFX" };
  const { bigEndian } = layout;
  let format: WavFormat | undefined;
  let sizes: LongSizes | undefined;
  let data: Chunk | undefined;
  const others: Chunk[] = [];
  const lengthOf = ({ id, length }: Chunk) => {
    if (length !== UNKNOWN_SIZE || !sizes) return length;
    return id === "data" ? sizes.data : (sizes.others.get(id) ?? length);
  };
  for await (const chunk of chunksOf(source, layout, lengthOf)) {
    if (chunk.id === "ds64") {
      sizes ??= readLongSizes(await readContent(source, chunk, 65536), name);
    } else if (chunk.id === "fmt ") {
      format ??= readWavFormat(await readContent(source, chunk, 40), log, bigEndian);
    } else if (chunk.id === "data") data ??= chunk;
    else if (others.length < MAX_OTHERS) others.push(chunk);
    if (data && format) break;
  }
  if (!data) throw corruptAudio(name, `the file ends after ${size} bytes, before its samples.`);
  if (!format) throw corruptAudio(name, "the format of its samples (fmt chunk) is missing.");
  const { position, length: claimed } = data;
  const { sampleRate } = format;
  const frameBytes = format.channels * pcmBytes[format.sampleFormat];
  const chunk = { position, claimed, frameBytes, sampleRate };
  const found = await sampleExtents(source, chunk, layout, log);
  const frames = found.extents.reduce((sum, { bytes }) => sum + bytes, 0) / frameBytes;
  if (frames === 0) throw emptyAudio(name);
  const { extents } = found;
  return { format, bigEndian, frames, extents, others: [...others, ...found.others] };
}

function readLongSizes(bytes: Uint8Array, name: string): LongSizes {
  if (bytes.length < 28) throw corruptAudio(name, "its ds64 chunk is too short.");
  const view = viewOf(bytes);
  const others = new Map<string, number>();
  const count = Math.min(view.getUint32(24, true), Math.floor((bytes.length - 28) / 12));
  for (let i = 0; i < count; i++) {
    const at = 28 + 12 * i;
    others.set(wordAt(bytes, at), Number(view.getBigUint64(at + 4, true)));
  }
  return { data: Number(view.getBigUint64(8, true)), others };
}

/**
 * Reads the content of a fmt chunk, of which 40 bytes matter.
 * @throws AudioError "corrupt-audio" or "unsupported-audio".
 */
export function readWavFormat(bytes: Uint8Array, log: NoticeLog, bigEndian = false): WavFormat {
  const { name } = log;
  if (bytes.length < 16) throw corruptAudio(name, "its format (fmt chunk) is too short.");
  const view = viewOf(bytes);
  let tag = view.getUint16(0, !bigEndian);
  const channels = view.getUint16(2, !bigEndian);
  const sampleRate = view.getUint32(4, !bigEndian);
  const frameBytes = view.getUint16(12, !bigEndian);
  const bits = view.getUint16(14, !bigEndian);
  let speakers = waveLayout(channels);
  if (tag === 0xfffe) {
    if (bytes.length < 40)
      throw corruptAudio(name, "its extended format (fmt chunk) is too short.");
    const tail = bytes.subarray(26, 40);
    tag = subformatTail.every((byte, i) => tail[i] === byte)
      ? view.getUint16(24, !bigEndian)
      : 0xfffe;
    speakers = maskLayout(channels, view.getUint32(20, !bigEndian));
  }
  if (channels === 0 || sampleRate === 0) {
    throw corruptAudio(name, `it claims ${channels} channels at ${sampleRate} Hz.`);
  }
  if (sampleRate > MAX_SAMPLE_RATE) {
    throw new AudioError(
      "unsupported-audio",
      `${name} claims a sample rate of ${sampleRate} Hz.`,
      "Convert it to 44100 Hz, or export it again.",
    );
  }
  const sampleFormat = pcmFormat(tag, bits, frameBytes / channels);
  if (!sampleFormat) {
    const isPcm = tag === 1 || tag === 3;
    const what = isPcm ? `samples of ${bits} bits` : (codecs[tag] ?? `codec ${tag}`);
    throw new UnsupportedFormat(name, `a WAV file of ${what}`);
  }
  if (frameBytes !== channels * pcmBytes[sampleFormat]) {
    const reason = `frames of ${frameBytes} bytes do not hold ${channels} samples of ${bits} bits`;
    log.add({ kind: "wrong-header", reason });
  }
  return { sampleRate, channels, sampleFormat, ...speakers };
}

/** @param frameShare bytes of a frame for each channel: asked where the bits are missing, or fill their bytes in part. */
function pcmFormat(tag: number, claimedBits: number, frameShare: number): PcmFormat | undefined {
  const isWide = tag === 1 && claimedBits > 16 && claimedBits < 32 && frameShare === 4;
  const bits = claimedBits === 0 || isWide ? 8 * frameShare : claimedBits;
  if (tag === 3) return bits === 32 ? "float32" : bits === 64 ? "float64" : undefined;
  if (tag === 6 || tag === 7) return bits !== 8 ? undefined : tag === 6 ? "alaw" : "mulaw";
  if (tag !== 1 || !(bits > 0)) return undefined;
  // Fewer bits than the container's are left-justified in it, so the container is all that matters.
  return (["uint8", "int16", "int24", "int32"] as const)[Math.ceil(bits / 8) - 1];
}
