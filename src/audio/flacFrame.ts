/** Decodes one FLAC frame. (RFC 9639, section 9.) */

import { crc8, crc16 } from "../bytes/crc.ts";
import { BitReader, OutOfBits } from "./bitReader.ts";
import type { StreamInfo } from "./flacMetadata.ts";
import { decodeSubframe, FlacFrameError } from "./flacSubframe.ts";

export interface FlacFrame {
  readonly channels: Float32Array[];
  /** Bytes from the first of the header to the last of the checksum. */
  readonly length: number;
  /** Number of the first sample if the stream tells it, else of the frame. */
  readonly number: number;
  readonly numbered: "frames" | "samples";
}

const rates = [
  0, 88200, 176400, 192000, 8000, 16000, 22050, 24000, 32000, 44100, 48000, 96000,
] as const;
const depths = [0, 8, 12, 0, 16, 20, 24, 32] as const;

type Pairing = "independent" | "left-side" | "side-right" | "mid-side";

interface FrameHeader {
  readonly blockSize: number;
  readonly channels: number;
  readonly pairing: Pairing;
  readonly depth: number;
  readonly number: number;
  readonly numbered: FlacFrame["numbered"];
}

/**
 * Decodes the frame at the beginning of `padded`.
 * @param padded `length` bytes of data and BitReader.PADDING zeros.
 * @throws FlacFrameError when it is damaged, OutOfBits when it reaches past the data.
 */
export function decodeFlacFrame(padded: Uint8Array, length: number, info: StreamInfo): FlacFrame {
  const reader = new BitReader(padded, length);
  const header = readHeader(reader, padded, info);
  const { blockSize, depth, pairing } = header;
  const parts: Float64Array[] = [];
  for (let channel = 0; channel < header.channels; channel++) {
    const side = channel === (pairing === "side-right" ? 0 : 1) && pairing !== "independent";
    parts.push(decodeSubframe(reader, blockSize, depth + (side ? 1 : 0)));
  }
  reader.alignToByte();
  reader.unsigned(16);
  const end = reader.bytePosition;
  // Over the data and its own checksum the remainder is zero.
  if (crc16(padded.subarray(0, end)) !== 0) throw new FlacFrameError("the checksum is wrong");
  decorrelate(parts, pairing);
  const channels = parts.map((part) => normalise(part, depth));
  return { channels, length: end, number: header.number, numbered: header.numbered };
}

/** Longest header of a frame. */
const HEADER_BYTES = 16;

/** What a frame's header tells of its place; undefined if no header of this stream begins here. */
export function readFlacPlace(
  bytes: Uint8Array,
  info: StreamInfo,
): Pick<FrameHeader, "number" | "numbered" | "blockSize"> | undefined {
  const padded = new Uint8Array(HEADER_BYTES + BitReader.PADDING);
  const length = Math.min(bytes.length, HEADER_BYTES);
  padded.set(bytes.subarray(0, length));
  try {
    return readHeader(new BitReader(padded, length), padded, info);
  } catch (error) {
    if (error instanceof FlacFrameError || error instanceof OutOfBits) return undefined;
    throw error;
  }
}

function readHeader(reader: BitReader, bytes: Uint8Array, info: StreamInfo): FrameHeader {
  if (reader.unsigned(15) !== 0x7ffc) throw new FlacFrameError("no frame begins here");
  const numbered = reader.unsigned(1) === 0 ? "frames" : "samples";
  const sizeCode = reader.unsigned(4);
  const rateCode = reader.unsigned(4);
  const channelCode = reader.unsigned(4);
  const depthCode = reader.unsigned(3);
  const reserved = reader.unsigned(1);
  const number = readNumber(reader);
  const blockSize = readBlockSize(reader, sizeCode);
  const rate = readRate(reader, rateCode) || info.sampleRate;
  const end = reader.bytePosition + 1;
  reader.unsigned(8);
  if (crc8(bytes.subarray(0, end)) !== 0)
    throw new FlacFrameError("the header's checksum is wrong");
  const channels = channelCode < 8 ? channelCode + 1 : 2;
  const depth = depthCode === 0 ? info.bits : depths[depthCode];
  if (reserved !== 0 || channelCode > 10 || blockSize === 0 || depth === 0) {
    throw new FlacFrameError("the header uses reserved codes");
  }
  if (rate !== info.sampleRate || channels !== info.channels || depth !== info.bits) {
    throw new FlacFrameError(
      `${channels} channels of ${depth} bits at ${rate} Hz do not match the file's header`,
    );
  }
  const pairing = channelCode < 8 ? "independent" : pairings[channelCode - 8];
  return { blockSize, channels, pairing, depth, number, numbered };
}

const pairings: readonly Pairing[] = ["left-side", "side-right", "mid-side"];

/** A number of up to 36 bits, coded in the manner of UTF-8. */
function readNumber(reader: BitReader): number {
  const first = reader.unsigned(8);
  const ones = Math.clz32(~(first << 24));
  if (ones === 0) return first;
  if (ones === 1 || ones === 8) throw new FlacFrameError("the header's number is malformed");
  let value = first & (0x7f >>> ones);
  for (let i = 1; i < ones; i++) {
    const next = reader.unsigned(8);
    if (next >>> 6 !== 2) throw new FlacFrameError("the header's number is malformed");
    value = value * 64 + (next & 0x3f);
  }
  return value;
}

/** Samples per channel; 0 for a reserved code. */
function readBlockSize(reader: BitReader, code: number): number {
  if (code === 0) return 0;
  if (code === 1) return 192;
  if (code < 6) return 144 << code;
  if (code === 6) return reader.unsigned(8) + 1;
  if (code === 7) return reader.unsigned(16) + 1;
  return 1 << code;
}

/** Hz; 0 when the file's header tells. */
function readRate(reader: BitReader, code: number): number {
  if (code === 12) return reader.unsigned(8) * 1000;
  if (code === 13) return reader.unsigned(16);
  if (code === 14) return reader.unsigned(16) * 10;
  if (code === 15) throw new FlacFrameError("the header uses reserved codes");
  return rates[code];
}

/** Turns side, or mid and side, into left and right, in place. */
function decorrelate([a, b]: readonly Float64Array[], pairing: Pairing): void {
  if (pairing === "left-side") for (let i = 0; i < a.length; i++) b[i] = a[i] - b[i];
  else if (pairing === "side-right") for (let i = 0; i < a.length; i++) a[i] += b[i];
  else if (pairing === "mid-side") {
    for (let i = 0; i < a.length; i++) {
      const side = b[i];
      // The low bit of left + right is that of left − right.
      const sum = a[i] * 2 + (side & 1);
      a[i] = (sum + side) / 2;
      b[i] = (sum - side) / 2;
    }
  }
}

function normalise(samples: Float64Array, depth: number): Float32Array {
  const full = 2 ** (depth - 1);
  const scale = 1 / full;
  const out = new Float32Array(samples.length);
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i];
    if (!(value >= -full && value < full)) {
      throw new FlacFrameError(`a sample does not fit in ${depth} bits`);
    }
    out[i] = value * scale;
  }
  return out;
}
