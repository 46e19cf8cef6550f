/** The header of a WAV file to be written, of the same length for every number of samples. (EBU Tech 3306 for RF64.) */
import type { AudioShape } from "../outputFormat.ts";

export type WavEncoding = "float32" | "int16" | "int24";

/** Bytes of one sample. */
export const wavSampleBytes: Readonly<Record<WavEncoding, number>> = {
  float32: 4,
  int16: 2,
  int24: 3,
};

export interface WavLayout extends AudioShape {
  readonly encoding: WavEncoding;
  /** Samples per channel; undefined as long as nobody knows. */
  readonly frames: number | undefined;
  /** Whole chunks to stand before the samples. */
  readonly chunks?: Uint8Array;
}

const MAX_UINT32 = 0xffffffff;
const JUNK_BYTES = 28;
const FACT_BYTES = 4;
/** The subformat of WAVE_FORMAT_EXTENSIBLE after its first two bytes, where the format tag is. */
const subformatTail = [0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113];

/**
 * RIFF up to 4 GiB, with room for the ds64 chunk (as JUNK); beyond, RF64 with that chunk. Without a number of frames the
 * sizes are the largest there are, which readers of streams take for "until the end".
 */
export function wavHeader(layout: WavLayout): Uint8Array {
  const { sampleRate, channels, encoding, frames, chunks = new Uint8Array(0) } = layout;
  const isFloat = encoding === "float32";
  const formatTag = isFloat ? 3 : 1;
  const extensible = channels > 2;
  const formatBytes = extensible ? 40 : isFloat ? 18 : 16;
  const factBytes = isFloat ? 8 + FACT_BYTES : 0;
  const length = 12 + 8 + JUNK_BYTES + 8 + formatBytes + factBytes + chunks.length + 8;
  const frameBytes = channels * wavSampleBytes[encoding];
  const dataBytes = frames === undefined ? MAX_UINT32 : frames * frameBytes;
  // Chunks have even lengths; a zero follows data of an odd one.
  const riffBytes = length - 8 + dataBytes + (dataBytes % 2);
  const long = frames !== undefined && riffBytes > MAX_UINT32;

  const header = new Uint8Array(length);
  const view = new DataView(header.buffer);
  let at = 0;
  const bytes = (values: ArrayLike<number>) => {
    header.set(values, at);
    at += values.length;
  };
  const word = (text: string) => bytes([...text].map((letter) => letter.charCodeAt(0)));
  const uint16 = (value: number) => {
    view.setUint16(at, value, true);
    at += 2;
  };
  const uint32 = (value: number) => {
    view.setUint32(at, Math.min(value, MAX_UINT32), true);
    at += 4;
  };
  const uint64 = (value: number) => {
    view.setBigUint64(at, BigInt(value), true);
    at += 8;
  };

  word(long ? "RF64" : "RIFF");
  uint32(long ? MAX_UINT32 : riffBytes);
  word("WAVE");
  word(long ? "ds64" : "JUNK");
  uint32(JUNK_BYTES);
  uint64(long ? riffBytes : 0);
  uint64(long ? dataBytes : 0);
  uint64(long ? frames : 0);
  uint32(0);
  word("fmt ");
  uint32(formatBytes);
  uint16(extensible ? 0xfffe : formatTag);
  uint16(channels);
  uint32(sampleRate);
  uint32(sampleRate * frameBytes);
  uint16(frameBytes);
  uint16(8 * wavSampleBytes[encoding]);
  if (formatBytes > 16) uint16(formatBytes - 18);
  if (extensible) {
    uint16(8 * wavSampleBytes[encoding]);
    uint32(0);
    uint16(formatTag);
    bytes(subformatTail);
  }
  if (isFloat) {
    word("fact");
    uint32(FACT_BYTES);
    uint32(long || frames === undefined ? MAX_UINT32 : frames);
  }
  bytes(chunks);
  word("data");
  uint32(long ? MAX_UINT32 : dataBytes);
  return header;
}
