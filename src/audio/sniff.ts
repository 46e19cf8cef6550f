/** Recognises a container by its first bytes; file names are not asked. */
import type { AudioFormat } from "./source.ts";

/** Bytes from the beginning of a file that {@link sniff} wants to see. */
export const SNIFF_BYTES = 64;

/** What the first bytes say. */
export type Sniffed =
  | { readonly kind: "supported"; readonly container: AudioFormat["container"] }
  /** Audio, but of a format without a decoder here. */
  | { readonly kind: "unsupported"; readonly name: string }
  /** An ID3v2 tag: what matters follows after `bytes` bytes. */
  | { readonly kind: "tag"; readonly bytes: number }
  | { readonly kind: "unknown" };

/** Formats told by a word at a fixed place. */
const magics: readonly (readonly [offset: number, word: string, name: string])[] = [
  [8, "AIFF", "AIFF"],
  [8, "AIFC", "AIFF-C"],
  [28, "OpusHead", "Ogg Opus"],
  [29, "vorbis", "Ogg Vorbis"],
  [29, "FLAC", "Ogg FLAC"],
  [28, "Speex", "Ogg Speex"],
  [0, "OggS", "Ogg"],
  [4, "ftyp", "MP4/M4A (AAC or ALAC)"],
  [0, "\x1aE\xdf\xa3", "Matroska/WebM"],
  [0, "RIFX", "big-endian WAV (RIFX)"],
  [0, "riff", "Wave64"],
  [0, "RIFF", "RIFF other than WAVE"],
  [0, "ADIF", "AAC (ADIF)"],
  [0, "caff", "Core Audio (CAF)"],
  [0, ".snd", "Sun AU"],
  [0, "MAC ", "Monkey's Audio"],
  [0, "wvpk", "WavPack"],
  [0, "TTA1", "True Audio"],
  [0, "DSD ", "DSD"],
  [0, "FRM8", "DSD (DSDIFF)"],
  [0, "#!AMR", "AMR"],
  [0, "\x30\x26\xb2\x75", "Windows Media (ASF)"],
  [0, "\x0b\x77", "AC-3"],
  [0, "MThd", "MIDI (notes, not sound)"],
];

function has(bytes: Uint8Array, offset: number, word: string): boolean {
  for (let i = 0; i < word.length; i++) {
    if (bytes[offset + i] !== word.charCodeAt(i)) return false;
  }
  return true;
}

/**
 * Recognises the container.
 * @param bytes the first {@link SNIFF_BYTES} bytes, or all of a shorter file.
 */
export function sniff(bytes: Uint8Array): Sniffed {
  if (has(bytes, 0, "fLaC")) return { kind: "supported", container: "flac" };
  if (has(bytes, 8, "WAVE") && ["RIFF", "RF64", "BW64"].some((word) => has(bytes, 0, word))) {
    return { kind: "supported", container: "wav" };
  }
  const tag = id3v2Length(bytes);
  if (tag > 0) return { kind: "tag", bytes: tag };
  for (const [offset, word, name] of magics) {
    if (has(bytes, offset, word)) return { kind: "unsupported", name };
  }
  // Eleven set bits begin a frame of MPEG audio; the two bits of the layer are 01 for layer III, 00 for AAC (ADTS).
  if (bytes[0] === 0xff && bytes[1] >= 0xe0) {
    if ((bytes[1] & 0xf6) === 0xf0) return { kind: "unsupported", name: "AAC (ADTS)" };
    if ((bytes[1] & 6) === 2) return { kind: "supported", container: "mp3" };
    if ((bytes[1] & 6) === 4) return { kind: "unsupported", name: "MPEG audio layer II (MP2)" };
  }
  return { kind: "unknown" };
}

/** Length of the ID3v2 tag at the beginning of `bytes`; 0 if there is none. */
export function id3v2Length(bytes: Uint8Array): number {
  if (bytes.length < 10 || !has(bytes, 0, "ID3") || bytes[3] === 0xff) return 0;
  const size = bytes.subarray(6, 10);
  if (size.some((byte) => byte > 127)) return 0;
  const footer = bytes[5] & 0x10 ? 10 : 0;
  return 10 + ((size[0] << 21) | (size[1] << 14) | (size[2] << 7) | size[3]) + footer;
}
