/** Interleaved PCM turned into planar float32. */

/** How a sample is stored. A-law and µ-law are the telephone's 8 bits with logarithmic steps (ITU-T G.711). */
export type PcmFormat =
  | "uint8"
  | "int8"
  | "int16"
  | "int24"
  | "int32"
  | "float32"
  | "float64"
  | "alaw"
  | "mulaw";

/** Bytes of one sample. */
export const pcmBytes: Readonly<Record<PcmFormat, number>> = {
  uint8: 1,
  int8: 1,
  int16: 2,
  int24: 3,
  int32: 4,
  float32: 4,
  float64: 8,
  alaw: 1,
  mulaw: 1,
};

/** The value of every A-law code: even bits are inverted; a sign (1 is positive), 3 bits of exponent, 4 of mantissa. */
const alaw = Float32Array.from({ length: 256 }, (_, code) => {
  const bits = code ^ 0x55;
  const exponent = (bits >>> 4) & 7;
  const step = ((bits & 15) << 4) + 8;
  const size = exponent === 0 ? step : (step + 256) << (exponent - 1);
  return (bits & 0x80 ? size : -size) / 32768;
});

/** The value of every µ-law code: all bits are inverted; the sign's 1 is negative, the steps begin at 132. */
const mulaw = Float32Array.from({ length: 256 }, (_, code) => {
  const bits = code ^ 0xff;
  const size = ((((bits & 15) << 3) + 132) << ((bits >>> 4) & 7)) - 132;
  return (bits & 0x80 ? -size : size) / 32768;
});

const readers: Readonly<
  Record<PcmFormat, (view: DataView, at: number, little: boolean) => number>
> = {
  uint8: (view, at) => (view.getUint8(at) - 128) / 128,
  int8: (view, at) => view.getInt8(at) / 128,
  int16: (view, at, little) => view.getInt16(at, little) / 32768,
  int24: (view, at, little) =>
    (little
      ? (view.getInt8(at + 2) << 16) | view.getUint16(at, true)
      : (view.getInt8(at) << 16) | view.getUint16(at + 1)) / 8388608,
  int32: (view, at, little) => view.getInt32(at, little) / 2147483648,
  float32: (view, at, little) => view.getFloat32(at, little),
  float64: (view, at, little) => view.getFloat64(at, little),
  alaw: (view, at) => alaw[view.getUint8(at)],
  mulaw: (view, at) => mulaw[view.getUint8(at)],
};

/** Splits whole frames of samples by channel; integers become fractions of full scale (2^(bits−1)). */
export function planar(
  bytes: Uint8Array,
  format: PcmFormat,
  channels: number,
  bigEndian = false,
): Float32Array[] {
  const read = readers[format];
  const sampleBytes = pcmBytes[format];
  const stride = sampleBytes * channels;
  const frames = bytes.length / stride;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: channels }, (_, channel) => {
    const out = new Float32Array(frames);
    let at = channel * sampleBytes;
    for (let i = 0; i < frames; i++, at += stride) out[i] = read(view, at, !bigEndian);
    return out;
  });
}
