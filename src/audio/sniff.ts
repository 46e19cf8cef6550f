/** Recognises a container by its first bytes; file names are not asked. */
// biome-ignore-all lint/suspicious/noControlCharactersInRegex: bytes are matched, not text.
import type { AudioFormat } from "./source.ts";

/** Bytes from the beginning of a file that {@link sniff} wants to see. */
export const SNIFF_BYTES = 200;

/** What the first bytes say. */
export type Sniffed =
  | { readonly kind: "supported"; readonly container: Exclude<AudioFormat["container"], "other"> }
  /** Audio, but of a format without a decoder here; `name` is a noun with its article. */
  | { readonly kind: "unsupported"; readonly name: string }
  /** An ID3v2 tag: what matters follows after `bytes` bytes. */
  | { readonly kind: "tag"; readonly bytes: number }
  | { readonly kind: "unknown" };

/** First bytes, as characters, of the containers that are read here. */
const supported: readonly (readonly [RegExp, Exclude<AudioFormat["container"], "other">])[] = [
  [/^fLaC/, "flac"],
  [/^OggS/, "ogg"],
  [/^(RIFF|RIFX|RF64|BW64)....WAVE/s, "wav"],
  [/^riff.{20}wave/s, "wav"],
  [/^FORM....AIF[FC]/s, "aiff"],
];

/** First bytes of others. */
const unsupported: readonly (readonly [RegExp, string])[] = [
  [/^....ftyp/s, "an MP4 or M4A file (AAC or ALAC)"],
  [/^....(moov|mdat|wide)/s, "a QuickTime file"],
  [/^\x1aE\xdf\xa3/, "a Matroska or WebM file"],
  [/^\x30\x26\xb2\x75/, "a Windows Media file (ASF)"],
  [/^\x0b\x77/, "an AC-3 file"],
  [/^\x7f\xfe\x80\x01/, "a DTS file"],
  [/^RIFF/, "a RIFF file other than WAVE"],
  [/^ADIF/, "an AAC file (ADIF)"],
  [/^caff/, "a Core Audio file (CAF)"],
  [/^\.snd/, "a Sun AU file"],
  [/^MAC /, "a Monkey's Audio file"],
  [/^wvpk/, "a WavPack file"],
  [/^TTA1/, "a True Audio file"],
  [/^tBaK/, "a TAK file"],
  [/^MP(CK|\+)/, "a Musepack file"],
  [/^(DSD |FRM8)/, "a DSD file"],
  [/^\.RMF/, "a RealMedia file"],
  [/^#!AMR/, "an AMR file"],
  [/^FLV\x01/, "a Flash video"],
  [/^\0\0\x01\xba/, "an MPEG program stream"],
  [/^Creative Voice File/, "a Creative Voice file (VOC)"],
  [/^....\xf8\x72\x6f[\xba\xbb]/s, "a TrueHD or MLP file"],
  [/^\xff\x1f\0\xe8|^\x1f\xff\xe8\0|^\xfe\x7f\x01\x80/, "a DTS file"],
  // Packets of 188 bytes, each with a mark; of Blu-ray discs with four bytes before it.
  [/^\x47.{187}\x47/s, "an MPEG transport stream"],
  [/^.{4}\x47.{191}\x47/s, "an MPEG transport stream (M2TS)"],
  // Eleven set bits begin a frame of MPEG audio; the two bits of the layer are 00 for AAC, 10 for layer II.
  [/^\xff[\xf0\xf1\xf8\xf9]/, "an AAC file (ADTS)"],
  [/^\xff[\xe4\xe5\xf4\xf5\xfc\xfd]/, "an MP2 file (MPEG audio layer II)"],
];

/** The same of layer III. */
const mp3 = /^\xff[\xe2\xe3\xf2\xf3\xfa\xfb]/;

/**
 * Recognises the container.
 * @param bytes the first {@link SNIFF_BYTES} bytes, or all of a shorter file.
 */
export function sniff(bytes: Uint8Array): Sniffed {
  const head = String.fromCharCode(...bytes.subarray(0, SNIFF_BYTES));
  const [, container] = supported.find(([pattern]) => pattern.test(head)) ?? [];
  if (container) return { kind: "supported", container };
  const tag = id3v2Length(bytes);
  if (tag > 0) return { kind: "tag", bytes: tag };
  if (mp3.test(head)) return { kind: "supported", container: "mp3" };
  const [, name] = unsupported.find(([pattern]) => pattern.test(head)) ?? [];
  return name ? { kind: "unsupported", name } : { kind: "unknown" };
}

/** Length of the ID3v2 tag at the beginning of `bytes`; 0 if there is none. */
export function id3v2Length(bytes: Uint8Array): number {
  const isTag = bytes.length >= 10 && String.fromCharCode(...bytes.subarray(0, 3)) === "ID3";
  if (!isTag || bytes[3] === 0xff) return 0;
  const size = bytes.subarray(6, 10);
  if (size.some((byte) => byte > 127)) return 0;
  const footer = bytes[5] & 0x10 ? 10 : 0;
  return 10 + ((size[0] << 21) | (size[1] << 14) | (size[2] << 7) | size[3]) + footer;
}
