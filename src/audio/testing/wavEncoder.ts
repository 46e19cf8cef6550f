/** For tests: a WAV encoder for every sample format and for every way of being wrong. */
import { type PcmFormat, pcmBytes } from "../pcm.ts";

export interface WavOptions {
  readonly sampleRate?: number;
  readonly format?: PcmFormat;
  readonly extensible?: boolean;
  /** The speakers' mask, if extensible. */
  readonly mask?: number;
  readonly magic?: "RIFF" | "RF64" | "BW64";
  /** Bytes of data claimed in the header. */
  readonly claimed?: number;
  /** Size of RIFF claimed in the header. */
  readonly riffSize?: number;
  readonly before?: readonly Uint8Array[];
  readonly after?: readonly Uint8Array[];
  /** Overwrites fields of the fmt chunk, by offset: 16-bit values. */
  readonly patch?: Readonly<Record<number, number>>;
}

const tail = [0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113];

/** A chunk, padded to an even length. */
export function chunk(id: string, content: Uint8Array, claimed = content.length): Uint8Array {
  const out = new Uint8Array(8 + content.length + (content.length % 2));
  out.set(Buffer.from(id, "latin1"));
  new DataView(out.buffer).setUint32(4, claimed, true);
  out.set(content, 8);
  return out;
}

/** Samples as they are stored: integers of the format's bits, floats, or codes of A-law and µ-law. */
export function encodeSamples(
  channels: readonly (readonly number[] | Float32Array)[],
  format: PcmFormat,
  bigEndian = false,
): Uint8Array {
  const bytes = pcmBytes[format];
  const frames = channels[0]?.length ?? 0;
  const out = Buffer.alloc(frames * channels.length * bytes);
  for (let i = 0; i < frames; i++) {
    for (let c = 0; c < channels.length; c++) {
      const at = (i * channels.length + c) * bytes;
      const value = channels[c][i];
      if (format === "float32") out.writeFloatLE(value, at);
      else if (format === "float64") out.writeDoubleLE(value, at);
      else if (format === "uint8") out.writeUInt8(value + 128, at);
      else if (format === "alaw" || format === "mulaw") out.writeUInt8(value, at);
      else out.writeIntLE(value, at, bytes);
      if (bigEndian) out.subarray(at, at + bytes).reverse();
    }
  }
  return out;
}

function formatTag(format: PcmFormat): number {
  if (format === "alaw") return 6;
  if (format === "mulaw") return 7;
  return format.startsWith("float") ? 3 : 1;
}

/** The content of a plain fmt chunk: 16 bytes. */
function plainFormat(channels: number, sampleRate: number, format: PcmFormat): Buffer {
  const bytes = pcmBytes[format];
  const fmt = Buffer.alloc(16);
  fmt.writeUInt16LE(formatTag(format), 0);
  fmt.writeUInt16LE(channels, 2);
  fmt.writeUInt32LE(sampleRate, 4);
  fmt.writeUInt32LE((sampleRate * channels * bytes) >>> 0, 8);
  fmt.writeUInt16LE(channels * bytes, 12);
  fmt.writeUInt16LE(bytes * 8, 14);
  return fmt;
}

/** A RIFX file: a plain WAV file with all numbers the other way round. */
export function encodeRifx(
  channels: readonly (readonly number[])[],
  sampleRate: number,
  format: PcmFormat,
): Uint8Array {
  const fmt = plainFormat(channels.length, sampleRate, format);
  const fields = [0, 2, 4, 8, 12, 14, 16];
  fields.slice(1).forEach((end, i) => {
    fmt.subarray(fields[i], end).reverse();
  });
  const swapped = (id: string, content: Uint8Array) => {
    const out = chunk(id, content);
    out.subarray(4, 8).reverse();
    return out;
  };
  const data = encodeSamples(channels, format, true);
  const body = Buffer.concat([
    Buffer.from("WAVE"),
    swapped("fmt ", fmt),
    swapped("odd ", new Uint8Array(3)),
    swapped("data", data),
  ]);
  return swapped("RIFX", body);
}

/** A Wave64 file. */
export function encodeWave64(
  channels: readonly (readonly number[])[],
  sampleRate: number,
  format: PcmFormat,
): Uint8Array {
  const part = (id: string, tail: string, content: Uint8Array) => {
    const out = Buffer.alloc(Math.ceil((24 + content.length) / 8) * 8);
    out.write(id);
    out.write(tail, 4, "hex");
    out.writeBigUInt64LE(BigInt(24 + content.length), 16);
    out.set(content, 24);
    return out;
  };
  const tail = "f3acd3118cd100c04f8edb8a";
  const body = Buffer.concat([
    Buffer.from("wave"),
    Buffer.from(tail, "hex"),
    part("fmt ", tail, plainFormat(channels.length, sampleRate, format)),
    part("fact", tail, new Uint8Array(5)),
    part("data", tail, encodeSamples(channels, format)),
  ]);
  return part("riff", "2e91cf11a5d628db04c10000", body);
}

/** A WAV file. */
export function encodeWav(
  channels: readonly (readonly number[] | Float32Array)[],
  options: WavOptions = {},
): Uint8Array {
  const { format = "int16", sampleRate = 44100, extensible = false, magic = "RIFF" } = options;
  const bytes = pcmBytes[format];
  const data = encodeSamples(channels, format);
  const tag = formatTag(format);
  const fmt = Buffer.alloc(extensible ? 40 : 16);
  fmt.writeUInt16LE(extensible ? 0xfffe : tag, 0);
  fmt.writeUInt16LE(channels.length, 2);
  fmt.writeUInt32LE(sampleRate, 4);
  fmt.writeUInt32LE((sampleRate * channels.length * bytes) >>> 0, 8);
  fmt.writeUInt16LE(channels.length * bytes, 12);
  fmt.writeUInt16LE(bytes * 8, 14);
  if (extensible) {
    fmt.writeUInt16LE(22, 16);
    fmt.writeUInt16LE(bytes * 8, 18);
    fmt.writeUInt32LE(options.mask ?? 0, 20);
    fmt.writeUInt16LE(tag, 24);
    fmt.set(tail, 26);
  }
  for (const [at, value] of Object.entries(options.patch ?? {}))
    fmt.writeUInt16LE(value, Number(at));
  const long = magic !== "RIFF";
  const claimed = options.claimed ?? (long ? 0xffffffff : data.length);
  const ds64 = Buffer.alloc(28);
  ds64.writeBigUInt64LE(BigInt(data.length), 8);
  const body = Buffer.concat([
    ...(long ? [chunk("ds64", ds64)] : []),
    ...(options.before ?? []),
    chunk("fmt ", fmt),
    chunk("data", data, claimed),
    ...(options.after ?? []),
  ]);
  const head = Buffer.from(`${magic}0000WAVE`, "latin1");
  head.writeUInt32LE(options.riffSize ?? (long ? 0xffffffff : 4 + body.length), 4);
  return Buffer.concat([head, body]);
}
