/** What programs put before, between and after the frames of a stream without its being damage: tags, and zeros. */
import { id3v2Length } from "./sniff.ts";
import { ID3V1_BYTES } from "./tags/id3v1.ts";

/** "TAG+", which some put before ID3v1. */
const ID3V1_PLUS_BYTES = 227;
const APE_HEAD_BYTES = 32;
/** More zeros than this are no padding. */
const MAX_PADDING = 1 << 16;

/**
 * Length of the tag that begins at the first of these bytes, by its own word (so it may be more than there are): ID3v2,
 * ID3v1, APEv2 or Lyrics3; 0 if none does.
 */
export function tagLength(bytes: Uint8Array): number {
  // I, T, A, L
  if (![0x49, 0x54, 0x41, 0x4c].includes(bytes[0])) return 0;
  const word = String.fromCharCode(...bytes.subarray(0, 11));
  if (word.startsWith("ID3")) return id3v2Length(bytes);
  if (word.startsWith("TAG+")) return ID3V1_PLUS_BYTES;
  if (word.startsWith("TAG")) return ID3V1_BYTES;
  if (word.startsWith("APETAGEX")) return apeLength(bytes);
  if (word === "LYRICSBEGIN") return lyricsLength(bytes);
  return 0;
}

/** The size in the head counts what follows it; a foot looks alike, but nothing follows. */
function apeLength(bytes: Uint8Array): number {
  if (bytes.length < APE_HEAD_BYTES) return APE_HEAD_BYTES;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const isFoot = (view.getUint32(20, true) & 0x20000000) === 0 && view.getUint32(8, true) >= 2000;
  return APE_HEAD_BYTES + (isFoot ? 0 : view.getUint32(12, true));
}

/** Lyrics3 ends with a word; if it is not near, all is lyrics. */
function lyricsLength(bytes: Uint8Array): number {
  const text = String.fromCharCode(...bytes.subarray(0, 8192));
  const end = /LYRICS(END|200)/.exec(text);
  return end ? end.index + end[0].length : bytes.length;
}

/** Length of the ID3v1 tag with which these bytes, the end of a file, end; 0 if there is none. */
export function id3v1Length(end: Uint8Array): number {
  const tag = end.subarray(-ID3V1_BYTES);
  const isTag = tag.length === ID3V1_BYTES && String.fromCharCode(...tag.subarray(0, 3)) === "TAG";
  return isTag ? ID3V1_BYTES : 0;
}

/** Whether these bytes, the rest of a file, are nothing, zeros that pad it, or tags. */
export function isTrailer(rest: Uint8Array): boolean {
  let at = 0;
  for (let tag = tagLength(rest); tag > 0; tag = tagLength(rest.subarray(at))) at += tag;
  const padding = rest.subarray(at);
  return padding.length <= MAX_PADDING && padding.every((byte) => byte === 0);
}
