/** Interleaved PCM of the WAV kinds, turned into planar float32. */

export type PcmFormat = "uint8" | "int16" | "int24" | "int32" | "float32" | "float64";

/** Bytes of one sample. */
export const pcmBytes: Readonly<Record<PcmFormat, number>> = {
  uint8: 1,
  int16: 2,
  int24: 3,
  int32: 4,
  float32: 4,
  float64: 8,
};

const readers: Readonly<Record<PcmFormat, (view: DataView, at: number) => number>> = {
  uint8: (view, at) => (view.getUint8(at) - 128) / 128,
  int16: (view, at) => view.getInt16(at, true) / 32768,
  int24: (view, at) => ((view.getInt8(at + 2) << 16) | view.getUint16(at, true)) / 8388608,
  int32: (view, at) => view.getInt32(at, true) / 2147483648,
  float32: (view, at) => view.getFloat32(at, true),
  float64: (view, at) => view.getFloat64(at, true),
};

/** Splits whole frames of little-endian samples by channel; integers become fractions of full scale (2^(bits−1)). */
export function planar(bytes: Uint8Array, format: PcmFormat, channels: number): Float32Array[] {
  const read = readers[format];
  const sampleBytes = pcmBytes[format];
  const stride = sampleBytes * channels;
  const frames = bytes.length / stride;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: channels }, (_, channel) => {
    const out = new Float32Array(frames);
    let at = channel * sampleBytes;
    for (let i = 0; i < frames; i++, at += stride) out[i] = read(view, at);
    return out;
  });
}
