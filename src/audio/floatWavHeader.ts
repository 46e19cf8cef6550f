/** The header of a float32 WAV file, of the same length for every number of samples. (EBU Tech 3306 for RF64.) */

/** Frames may not be longer than 65535 bytes. */
export const MAX_WAV_CHANNELS = 16383;

export interface WavShape {
  /** Hz. */
  readonly sampleRate: number;
  readonly channels: number;
  /** Samples per channel. */
  readonly frames: number;
}

const MAX_UINT32 = 0xffffffff;
const JUNK_BYTES = 28;
const FACT_BYTES = 4;
/** WAVE_FORMAT_EXTENSIBLE's subformat for IEEE float. */
const floatSubformat = [3, 0, 0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113];

/** RIFF up to 4 GiB, with room for the ds64 chunk (as JUNK); beyond, RF64 with that chunk. */
export function floatWavHeader({ sampleRate, channels, frames }: WavShape): Uint8Array {
  const formatBytes = channels > 2 ? 40 : 18;
  const header = new Uint8Array(12 + 8 + JUNK_BYTES + 8 + formatBytes + 8 + FACT_BYTES + 8);
  const view = new DataView(header.buffer);
  const dataBytes = frames * channels * 4;
  const riffBytes = header.length - 8 + dataBytes;
  const long = riffBytes > MAX_UINT32;
  let at = 0;
  const word = (text: string) => {
    for (const letter of text) header[at++] = letter.charCodeAt(0);
  };
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
  uint16(channels > 2 ? 0xfffe : 3);
  uint16(channels);
  uint32(sampleRate);
  uint32(sampleRate * channels * 4);
  uint16(channels * 4);
  uint16(32);
  uint16(formatBytes - 18);
  if (channels > 2) {
    uint16(32);
    uint32(0);
    header.set(floatSubformat, at);
    at += floatSubformat.length;
  }
  word("fact");
  uint32(FACT_BYTES);
  uint32(long ? MAX_UINT32 : frames);
  word("data");
  uint32(long ? MAX_UINT32 : dataBytes);
  return header;
}
