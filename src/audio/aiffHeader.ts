/** The chunks of an AIFF or AIFF-C file. (Apple's Audio Interchange File Format 1.3, and its AIFF-C draft of 1991.) */
import { AudioError } from "../errors.ts";
import { type ByteSource, readBytes } from "./bytes.ts";
import { type Chunk, type ChunkLayout, chunksOf, readContent, viewOf, wordAt } from "./chunks.ts";
import { type Extent, sampleExtents } from "./dataExtent.ts";
import type { NoticeLog } from "./notices.ts";
import { type PcmFormat, pcmBytes } from "./pcm.ts";
import { MAX_SAMPLE_RATE } from "./source.ts";
import { maskLayout, type Speaker, type SpeakerLayout, waveLayout } from "./speakers.ts";
import { corruptAudio, emptyAudio, UnsupportedFormat } from "./streamedSource.ts";

export interface AiffHeader {
  readonly format: SpeakerLayout & {
    readonly sampleRate: number;
    readonly channels: number;
    readonly sampleFormat: PcmFormat;
  };
  readonly bigEndian: boolean;
  /** Samples per channel. */
  readonly frames: number;
  /** Where they lie. */
  readonly extents: readonly Extent[];
  /** Chunks that may hold tags. */
  readonly others: readonly Chunk[];
}

/** What the COMM chunk tells. */
interface Common {
  readonly channels: number;
  readonly frames: number;
  readonly sampleRate: number;
  readonly sampleFormat: PcmFormat;
  readonly bigEndian: boolean;
}

const layout: ChunkLayout = { first: 12, bigEndian: true, heads: "word", alignment: 2 };
/** Chunks besides the samples that are remembered. */
const MAX_OTHERS = 100;
/** Before the samples, their chunk has an offset and a block size. */
const DATA_HEAD = 8;

/** What the words of AIFF-C stand for; those that are missing are compressions that nothing here knows. */
const codings: Readonly<Record<string, readonly [PcmFormat | "bits", "big" | "little"]>> = {
  NONE: ["bits", "big"],
  TWOS: ["bits", "big"],
  SOWT: ["bits", "little"],
  "RAW ": ["uint8", "big"],
  FL32: ["float32", "big"],
  FL64: ["float64", "big"],
  IN24: ["int24", "big"],
  IN32: ["int32", "big"],
  "42NI": ["int24", "little"],
  "23NI": ["int32", "little"],
  ALAW: ["alaw", "big"],
  ULAW: ["mulaw", "big"],
};

/** Orders of speakers by Core Audio's numbers of layouts. */
const coreAudioLayouts: Readonly<Record<number, readonly Speaker[]>> = {
  108: ["FL", "FR", "BL", "BR"],
  113: ["FL", "FR", "FC"],
  114: ["FC", "FL", "FR"],
  115: ["FL", "FR", "FC", "BC"],
  116: ["FC", "FL", "FR", "BC"],
  117: ["FL", "FR", "FC", "BL", "BR"],
  118: ["FL", "FR", "BL", "BR", "FC"],
  119: ["FL", "FC", "FR", "BL", "BR"],
  120: ["FC", "FL", "FR", "BL", "BR"],
  121: ["FL", "FR", "FC", "LFE", "BL", "BR"],
  122: ["FL", "FR", "BL", "BR", "FC", "LFE"],
  123: ["FL", "FC", "FR", "BL", "BR", "LFE"],
  124: ["FC", "FL", "FR", "BL", "BR", "LFE"],
  125: ["FL", "FR", "FC", "LFE", "BL", "BR", "BC"],
  126: ["FL", "FR", "FC", "LFE", "BL", "BR", "FLC", "FRC"],
  127: ["FC", "FLC", "FRC", "FL", "FR", "BL", "BR", "LFE"],
  128: ["FL", "FR", "FC", "LFE", "SL", "SR", "BL", "BR"],
};
/** The layout that is a channel mask. */
const BY_MASK = 1;

/**
 * Reads the header. Rates are rounded to whole numbers of Hz. Where no CHAN chunk tells the speakers, their order is
 * WAV's, as programs have it (and not that of the specification's six channels, which they do not).
 * @throws AudioError "corrupt-audio", "unsupported-audio" or "empty-audio".
 */
export async function readAiffHeader(source: ByteSource, log: NoticeLog): Promise<AiffHeader> {
  const { name } = source;
  const head = await readBytes(source, 0, 12);
  const compressed = wordAt(head, 8) === "AIFC";
  let common: Common | undefined;
  let data: Chunk | undefined;
  let speakers: SpeakerLayout | undefined;
  const others: Chunk[] = [];
  for await (const chunk of chunksOf(source, layout)) {
    // What has no name is samples, after a length that cannot be true.
    if (data && !/^[ -~]{4}$/.test(chunk.id)) break;
    if (chunk.id === "COMM") {
      common ??= readCommon(await readContent(source, chunk, 22), compressed, name);
    } else if (chunk.id === "SSND") data ??= chunk;
    else if (chunk.id === "CHAN") speakers ??= readLayout(await readContent(source, chunk, 8));
    else if (others.length < MAX_OTHERS) others.push(chunk);
    if (others.length === MAX_OTHERS && data && common) break;
  }
  if (!common) throw corruptAudio(name, "it has no description of its samples (COMM chunk).");
  if (!data) {
    if (common.frames === 0) throw emptyAudio(name);
    throw corruptAudio(name, "the file ends before its samples.");
  }
  const { sampleRate, channels, sampleFormat, bigEndian } = common;
  const known = speakers?.speakers?.length === channels ? speakers : waveLayout(channels);
  return {
    format: { sampleRate, channels, sampleFormat, ...known },
    bigEndian,
    ...(await findData(source, common, data, log)),
    others,
  };
}

function readCommon(bytes: Uint8Array, compressed: boolean, name: string): Common {
  if (bytes.length < (compressed ? 22 : 18)) {
    throw corruptAudio(name, "the description of its samples (COMM chunk) is too short.");
  }
  const view = viewOf(bytes);
  const channels = view.getUint16(0);
  const frames = view.getUint32(2);
  const bits = view.getUint16(6);
  const sampleRate = Math.round(readExtended(view, 8));
  const word = compressed ? wordAt(bytes, 18) : "NONE";
  if (channels === 0 || !(sampleRate >= 1)) {
    throw corruptAudio(name, `it claims ${channels} channels at ${sampleRate} Hz.`);
  }
  if (sampleRate > MAX_SAMPLE_RATE) {
    throw new AudioError(
      "unsupported-audio",
      `${name} claims a sample rate of ${sampleRate} Hz.`,
      "Convert it to 44100 Hz, or export it again.",
    );
  }
  const [coding, order] = codings[word.toUpperCase()] ?? [];
  if (coding === undefined) throw new UnsupportedFormat(name, `an AIFF-C file of type "${word}"`);
  // Fewer bits than the container's are left-justified in it, so the container is all that matters.
  const sampleFormat =
    coding === "bits" ? (["int8", "int16", "int24", "int32"] as const)[(bits - 1) >> 3] : coding;
  if (!sampleFormat) throw new UnsupportedFormat(name, `an AIFF file of ${bits} bits`);
  return { channels, frames, sampleRate, sampleFormat, bigEndian: order === "big" };
}

/** A float of 80 bits: sign, 15 bits of exponent, 64 of mantissa with its first one. */
function readExtended(view: DataView, at: number): number {
  const exponent = view.getUint16(at);
  const mantissa = view.getUint32(at + 2) * 2 ** 32 + view.getUint32(at + 6);
  return exponent & 0x8000 ? 0 : mantissa * 2 ** (exponent - 16383 - 63);
}

function readLayout(bytes: Uint8Array): SpeakerLayout {
  if (bytes.length < 8) return {};
  const view = viewOf(bytes);
  const tag = view.getUint16(0);
  const mask = view.getUint32(4);
  if (tag !== BY_MASK) {
    const speakers = coreAudioLayouts[tag];
    return speakers ? { speakers } : {};
  }
  let channels = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) channels++;
  return maskLayout(channels, mask);
}

/** Where the samples are; the description counts them too, but their chunk is believed. */
async function findData(
  source: ByteSource,
  { channels, sampleFormat, sampleRate, frames: described }: Common,
  data: Chunk,
  log: NoticeLog,
): Promise<Pick<AiffHeader, "frames" | "extents">> {
  const { name } = source;
  const head = await readBytes(source, data.position, DATA_HEAD);
  const offset = head.length < DATA_HEAD ? DATA_HEAD : DATA_HEAD + viewOf(head).getUint32(0);
  const position = data.position + offset;
  if (position > source.size) throw corruptAudio(name, "the file ends before its samples.");
  const frameBytes = channels * pcmBytes[sampleFormat];
  const claimed = Math.max(0, data.length - offset);
  const chunk = { position, claimed, frameBytes, sampleRate };
  const { extents } = await sampleExtents(source, chunk, layout, log);
  const frames = extents.reduce((sum, { bytes }) => sum + bytes, 0) / frameBytes;
  if (frames === 0) throw emptyAudio(name);
  const count = Math.floor(claimed / frameBytes);
  const known = log.notices.some(({ kind }) => kind === "wrong-length" || kind === "cut-short");
  const isOpen = described > frames && claimed > source.size - position;
  if (described !== frames && described !== 0 && described !== count && !known && !isOpen) {
    log.add({ kind: "wrong-length", claimed: described, found: frames });
  }
  return { frames, extents };
}
