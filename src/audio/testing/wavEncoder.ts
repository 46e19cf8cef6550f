/** For tests: a WAV encoder for every sample format and for every way of being wrong. */
import { type PcmFormat, pcmBytes } from "../pcm.ts";

export interface WavOptions {
  readonly sampleRate?: number;
  readonly format?: PcmFormat;
  readonly extensible?: boolean;
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

/** Samples as they are stored: integers of the format's bits, or floats. */
export function encodeSamples(
  channels: readonly (readonly number[] | Float32Array)[],
  format: PcmFormat,
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
      else out.writeIntLE(value, at, bytes);
    }
  }
  return out;
}

/** A WAV file. */
export function encodeWav(
  channels: readonly (readonly number[] | Float32Array)[],
  options: WavOptions = {},
): Uint8Array {
  const { format = "int16", sampleRate = 44100, extensible = false, magic = "RIFF" } = options;
  const bytes = pcmBytes[format];
  const data = encodeSamples(channels, format);
  const tag = format.startsWith("float") ? 3 : 1;
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
