/** For tests: an encoder of AIFF and AIFF-C, and of every way of being wrong. */
import { type PcmFormat, pcmBytes } from "../pcm.ts";
import { encodeSamples } from "./wavEncoder.ts";

export interface AiffOptions {
  readonly sampleRate?: number;
  /** A word of AIFF-C; without it the file is a plain AIFF. */
  readonly compression?: string;
  readonly littleEndian?: boolean;
  /** Bits claimed; those of the format by default. */
  readonly bits?: number;
  /** Samples per channel claimed. */
  readonly frames?: number;
  /** Bytes of the chunk of samples claimed. */
  readonly dataBytes?: number;
  /** Bytes before the first sample, told by the chunk of samples. */
  readonly offset?: number;
  readonly before?: readonly Uint8Array[];
  readonly after?: readonly Uint8Array[];
  /** The chunk that describes the samples comes after them. */
  readonly descriptionLast?: boolean;
}

/** A chunk, padded to an even length. */
export function aiffChunk(id: string, content: Uint8Array, claimed = content.length): Buffer {
  const out = Buffer.alloc(8 + content.length + (content.length % 2));
  out.write(id, "latin1");
  out.writeUInt32BE(claimed, 4);
  out.set(content, 8);
  return out;
}

/** An AIFF file. */
export function encodeAiff(
  channels: readonly (readonly number[] | Float32Array)[],
  format: PcmFormat,
  options: AiffOptions = {},
): Uint8Array {
  const { sampleRate = 44100, compression, offset = 0 } = options;
  const samples = encodeSamples(channels, format, !options.littleEndian);
  const common = Buffer.alloc(compression ? 24 : 18);
  common.writeUInt16BE(channels.length, 0);
  common.writeUInt32BE(options.frames ?? channels[0]?.length ?? 0, 2);
  common.writeUInt16BE(options.bits ?? pcmBytes[format] * 8, 6);
  common.set(extended(sampleRate), 8);
  if (compression) common.write(compression, 18, "latin1");
  const data = Buffer.alloc(8 + offset + samples.length);
  data.writeUInt32BE(offset, 0);
  data.set(samples, 8 + offset);
  const parts = [aiffChunk("COMM", common), aiffChunk("SSND", data, options.dataBytes)];
  if (options.descriptionLast) parts.reverse();
  const body = [...(options.before ?? []), ...parts, ...(options.after ?? [])];
  return aiffChunk("FORM", Buffer.concat([Buffer.from(compression ? "AIFC" : "AIFF"), ...body]));
}

/** A float of 80 bits. */
function extended(value: number): Buffer {
  const out = Buffer.alloc(10);
  if (value === 0) return out;
  const exponent = Math.floor(Math.log2(value));
  out.writeUInt16BE(16383 + exponent, 0);
  out.writeBigUInt64BE(BigInt(Math.round(value * 2 ** (52 - exponent))) << 11n, 2);
  return out;
}
