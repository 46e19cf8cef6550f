/** ID3v2 tags of the versions 2.2 to 2.4, which stand before MP3 and within the chunks of WAV and AIFF. */
import { type AudioTags, type TagField, tagsFrom } from "../tags.ts";
import { genreName } from "./genres.ts";

/** What a tag says. */
export interface Id3 {
  readonly tags: AudioTags;
  /** iTunes' words on the encoder's gaps (iTunSMPB), if they are there. */
  readonly itunesGaps: string | undefined;
}

interface Frame {
  /** Three letters in version 2.2, four later. */
  readonly id: string;
  readonly content: Uint8Array;
}

const fields: Readonly<Record<string, TagField>> = {
  TIT2: "title",
  TT2: "title",
  TPE1: "artist",
  TP1: "artist",
  TALB: "album",
  TAL: "album",
  TPE2: "albumArtist",
  TP2: "albumArtist",
  TDRC: "date",
  TYER: "date",
  TYE: "date",
  TCON: "genre",
  TCO: "genre",
  TRCK: "track",
  TRK: "track",
};

/** Frames whose content is not decoded: compressed or encrypted (2.4, then 2.3). */
const OPAQUE_24 = 0x0c;
const OPAQUE_23 = 0xc0;

/**
 * Reads as much of a tag as is legible.
 * @param bytes from "ID3" on; pictures at the end may be cut off.
 */
export function readId3v2(bytes: Uint8Array): Id3 {
  const found: [TagField, string][] = [];
  let itunesGaps: string | undefined;
  for (const { id, content } of framesOf(bytes)) {
    const field = fields[id];
    if (field) {
      const text = valuesOf(content[0], content.subarray(1)).join("; ");
      found.push([field, field === "genre" ? genre(text) : text]);
    } else if (id === "COMM" || id === "COM") {
      // An encoding, a language of three letters, a description, and the comment.
      const [description = "", ...text] = stringsOf(content[0], content.subarray(4));
      if (description === "iTunSMPB") itunesGaps ??= text.join("");
      if (description === "") found.push(["comment", text.join("\n")]);
    }
  }
  return { tags: tagsFrom(found), itunesGaps };
}

function* framesOf(bytes: Uint8Array): Generator<Frame> {
  if (bytes.length < 10) return;
  const version = bytes[3];
  const flags = bytes[5];
  if (version < 2 || version > 4) return;
  const size = syncsafe(bytes, 6);
  let body = bytes.subarray(10, 10 + size);
  // In version 2.4 every frame says for itself whether it is unsynchronised.
  if (flags & 0x80 && version < 4) body = resynchronised(body);
  let at = 0;
  if (flags & 0x40 && version > 2 && body.length >= 4) {
    at = version === 4 ? syncsafe(body, 0) : 4 + uint32(body, 0);
  }
  const headBytes = version === 2 ? 6 : 10;
  while (at + headBytes <= body.length && body[at] !== 0) {
    const frame = readFrame(body, at, version);
    if (!frame) return;
    at = frame.end;
    if (!frame.opaque) yield frame;
  }
}

function readFrame(
  body: Uint8Array,
  at: number,
  version: number,
): (Frame & { readonly end: number; readonly opaque: boolean }) | undefined {
  const id = String.fromCharCode(...body.subarray(at, at + (version === 2 ? 3 : 4)));
  if (!/^[A-Z0-9]+$/.test(id)) return undefined;
  if (version === 2) {
    const end = at + 6 + ((body[at + 3] << 16) | (body[at + 4] << 8) | body[at + 5]);
    return { id, content: body.subarray(at + 6, end), end, opaque: false };
  }
  const length = version === 4 ? frameLength24(body, at) : uint32(body, at + 4);
  const end = at + 10 + length;
  const format = body[at + 9];
  if (version === 3) {
    return { id, content: body.subarray(at + 10, end), end, opaque: (format & OPAQUE_23) !== 0 };
  }
  const grouped = format & 0x40 ? 1 : 0;
  const sized = format & 1 ? 4 : 0;
  const raw = body.subarray(at + 10 + grouped + sized, end);
  const content = format & 2 ? resynchronised(raw) : raw;
  return { id, content, end, opaque: (format & OPAQUE_24) !== 0 };
}

/** Some programs (old iTunes) wrote plain lengths where version 2.4 has seven bits a byte: what leads to a frame is right. */
function frameLength24(body: Uint8Array, at: number): number {
  const length = syncsafe(body, at + 4);
  const plain = uint32(body, at + 4);
  const leadsOn = (next: number) =>
    next >= body.length || body[next] === 0 || (body[next] >= 0x41 && body[next] <= 0x5a);
  return !leadsOn(at + 10 + length) && leadsOn(at + 10 + plain) ? plain : length;
}

function syncsafe(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 21) | (bytes[at + 1] << 14) | (bytes[at + 2] << 7) | bytes[at + 3];
}

function uint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}

/** Without the zeros that keep 0xff bytes from looking like MPEG frames. */
function resynchronised(bytes: Uint8Array): Uint8Array {
  return bytes.filter((byte, i) => byte !== 0 || bytes[i - 1] !== 0xff);
}

/** Strings that are separated by zeros. */
function stringsOf(encoding: number, bytes: Uint8Array): string[] {
  const name = ["windows-1252", "utf-16", "utf-16be", "utf-8"][encoding];
  if (name === undefined) return [];
  if (encoding !== 1) return new TextDecoder(name).decode(bytes).split("\0");
  // Every string has a byte order mark of its own; without one, the order is the first string's.
  const big = bytes[0] === 0xfe && bytes[1] === 0xff;
  const text = new TextDecoder(big ? "utf-16be" : "utf-16le", { ignoreBOM: true }).decode(bytes);
  return text.split("\0").map((part) => part.replace(/^\ufeff/, ""));
}

function valuesOf(encoding: number, bytes: Uint8Array): string[] {
  return stringsOf(encoding, bytes).filter((text) => text.trim() !== "");
}

/** "(17)", "17", "(17)Rock" and "Rock" are all Rock. */
function genre(text: string): string {
  const [, number, name] = /^\((\d{1,3})\)(.*)$/s.exec(text) ?? /^(\d{1,3})()$/.exec(text) ?? [];
  if (number === undefined) return text;
  return name?.trim() || genreName(Number(number)) || "";
}
