/** The chunks of a WAV, RF64 or BW64 file, up to its samples. (EBU Tech 3306; Microsoft's Multimedia Data Standards.) */
import { AudioError } from "../errors.ts";
import { type ByteSource, readBytes } from "./bytes.ts";
import { type PcmFormat, pcmBytes } from "./pcm.ts";
import { MAX_SAMPLE_RATE } from "./source.ts";
import { corruptAudio, emptyAudio } from "./streamedSource.ts";

export interface WavHeader {
  readonly sampleRate: number;
  readonly channels: number;
  readonly sampleFormat: PcmFormat;
  /** Samples per channel. */
  readonly frames: number;
  /** Bytes before the first sample. */
  readonly dataPosition: number;
}

const UNKNOWN_SIZE = 0xffffffff;
/** Sizes that programs write when they cannot go back to the header: the second is SoX's. */
const streamedSizes: readonly number[] = [UNKNOWN_SIZE, 0x7ffff000];
/** More chunks than this before the samples are no WAV file. */
const MAX_CHUNKS = 10000;

const codecs: Readonly<Record<number, string>> = {
  2: "Microsoft ADPCM",
  6: "A-law",
  7: "µ-law",
  17: "IMA ADPCM",
  80: "MPEG layer II",
  85: "MP3",
  255: "AAC",
  353: "Windows Media",
};
/** The last 14 bytes of the subformat of WAVE_FORMAT_EXTENSIBLE, where the first two are a format tag. */
const subformatTail = [0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113];

type Format = Pick<WavHeader, "sampleRate" | "channels" | "sampleFormat">;

/** Sizes that do not fit in 32 bits, from the ds64 chunk. */
interface LongSizes {
  readonly data: number;
  readonly others: ReadonlyMap<string, number>;
}

/**
 * Reads the header.
 * @throws AudioError "corrupt-audio", "unsupported-audio" or "empty-audio".
 */
export async function readWavHeader(source: ByteSource): Promise<WavHeader> {
  const { name, size } = source;
  const riffSize = viewOf(await readBytes(source, 0, 12)).getUint32(4, true);
  let format: Format | undefined;
  let sizes: LongSizes | undefined;
  let position = 12;
  for (let count = 0; count < MAX_CHUNKS; count++) {
    const head = await readBytes(source, position, 8);
    if (head.length < 8) {
      throw corruptAudio(name, `the file ends after ${size} bytes, before its samples.`);
    }
    const id = String.fromCharCode(...head.subarray(0, 4));
    let length = viewOf(head).getUint32(4, true);
    position += 8;
    if (id === "data") {
      if (!format) throw corruptAudio(name, "its samples come before their format (fmt chunk).");
      if (length === UNKNOWN_SIZE && sizes) length = sizes.data;
      return {
        ...format,
        frames: dataFrames(source, format, position, length, riffSize),
        dataPosition: position,
      };
    }
    if (id === "ds64")
      sizes = readLongSizes(await readBytes(source, position, Math.min(length, 65536)), name);
    else if (id === "fmt ")
      format = readFormat(await readBytes(source, position, Math.min(length, 40)), name);
    if (length === UNKNOWN_SIZE) length = sizes?.others.get(id) ?? length;
    position += length + (length % 2);
  }
  throw corruptAudio(name, "it has too many chunks before its samples.");
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function readLongSizes(bytes: Uint8Array, name: string): LongSizes {
  if (bytes.length < 28) throw corruptAudio(name, "its ds64 chunk is too short.");
  const view = viewOf(bytes);
  const others = new Map<string, number>();
  const count = Math.min(view.getUint32(24, true), Math.floor((bytes.length - 28) / 12));
  for (let i = 0; i < count; i++) {
    const at = 28 + 12 * i;
    others.set(
      String.fromCharCode(...bytes.subarray(at, at + 4)),
      Number(view.getBigUint64(at + 4, true)),
    );
  }
  return { data: Number(view.getBigUint64(8, true)), others };
}

function readFormat(bytes: Uint8Array, name: string): Format {
  if (bytes.length < 16) throw corruptAudio(name, "its format (fmt chunk) is too short.");
  const view = viewOf(bytes);
  let tag = view.getUint16(0, true);
  const channels = view.getUint16(2, true);
  const sampleRate = view.getUint32(4, true);
  const frameBytes = view.getUint16(12, true);
  const bits = view.getUint16(14, true);
  if (tag === 0xfffe) {
    if (bytes.length < 40)
      throw corruptAudio(name, "its extended format (fmt chunk) is too short.");
    tag = subformatTail.every((byte, i) => bytes[26 + i] === byte)
      ? view.getUint16(24, true)
      : 0xfffe;
  }
  if (channels === 0 || sampleRate === 0) {
    throw corruptAudio(name, `it claims ${channels} channels at ${sampleRate} Hz.`);
  }
  if (sampleRate > MAX_SAMPLE_RATE) {
    throw unsupported(name, `a sample rate of ${sampleRate} Hz`);
  }
  const sampleFormat = pcmFormat(tag, bits);
  if (!sampleFormat) {
    const codec = codecs[tag] ?? `codec ${tag}`;
    throw unsupported(name, tag === 1 || tag === 3 ? `samples of ${bits} bits` : codec);
  }
  if (frameBytes !== channels * pcmBytes[sampleFormat]) {
    throw corruptAudio(
      name,
      `frames of ${frameBytes} bytes do not hold ${channels} samples of ${bits} bits.`,
    );
  }
  return { sampleRate, channels, sampleFormat };
}

function pcmFormat(tag: number, bits: number): PcmFormat | undefined {
  if (tag === 3) return bits === 32 ? "float32" : bits === 64 ? "float64" : undefined;
  if (tag !== 1 || bits === 0) return undefined;
  // Fewer bits than the container's are left-justified in it, so the container is all that matters.
  return (["uint8", "int16", "int24", "int32"] as const)[Math.ceil(bits / 8) - 1];
}

function unsupported(name: string, what: string): AudioError {
  return new AudioError(
    "unsupported-audio",
    `${name} is a WAV file with ${what}, which is not supported.`,
    "Convert it to PCM of 16 or 24 bits or to FLAC.",
  );
}

/** Samples per channel, or the reason why the claimed ones are not there. */
function dataFrames(
  source: ByteSource,
  format: Format,
  position: number,
  length: number,
  riffSize: number,
): number {
  const { name, size } = source;
  const frameBytes = format.channels * pcmBytes[format.sampleFormat];
  const present = size - position;
  // A writer that never came back left the data's size open; one that did, closed RIFF around an empty chunk.
  const open =
    length === 0 ? riffSize + 8 < size : streamedSizes.includes(length) && length > present;
  const used = open ? present - (present % frameBytes) : length;
  if (used > present) {
    throw corruptAudio(
      name,
      `it is cut short, ${Math.floor(present / frameBytes)} of ${Math.floor(length / frameBytes)} samples per channel are there.`,
    );
  }
  if (used % frameBytes !== 0) {
    throw corruptAudio(
      name,
      `${length} bytes of samples are no whole number of frames of ${frameBytes} bytes.`,
    );
  }
  if (used === 0) throw emptyAudio(name);
  return used / frameBytes;
}
