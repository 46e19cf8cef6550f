/** Tags as the bytes of each container: a LIST chunk in WAV, Vorbis comments in FLAC and Ogg, ID3v2.4 in MP3. */
import { joinedBytes } from "../../bytes/joinedBytes.ts";
import type { AudioTags, TagField } from "../tags.ts";

/** Longer values are cut, so that hostile tags cannot blow up a file. Eight of these fit in a page of Ogg. */
const MAX_VALUE_BYTES = 4096;
/** Who wrote a Vorbis comment. */
const VENDOR = "xumx-slicq";

/** Names by field; INFO has none for the artist of an album. */
const infoNames: Readonly<Partial<Record<TagField, string>>> = {
  title: "INAM",
  artist: "IART",
  album: "IPRD",
  date: "ICRD",
  genre: "IGNR",
  track: "ITRK",
  comment: "ICMT",
};
const vorbisNames: Readonly<Record<TagField, string>> = {
  title: "TITLE",
  artist: "ARTIST",
  album: "ALBUM",
  albumArtist: "ALBUMARTIST",
  date: "DATE",
  genre: "GENRE",
  track: "TRACKNUMBER",
  comment: "COMMENT",
};
const id3Names: Readonly<Record<TagField, string>> = {
  title: "TIT2",
  artist: "TPE1",
  album: "TALB",
  albumArtist: "TPE2",
  date: "TDRC",
  genre: "TCON",
  track: "TRCK",
  comment: "COMM",
};

/** A LIST chunk of the type INFO in UTF-8; of no length when there is nothing to tell. */
export function infoChunk(tags: AudioTags): Uint8Array {
  const entries = values(tags, infoNames).flatMap(({ name, text }) => {
    // Values end in a zero, and chunks have even lengths.
    const padding = new Uint8Array(1 + ((text.length + 1) % 2));
    return [ascii(name), uint32(text.length + 1), text, padding];
  });
  if (entries.length === 0) return new Uint8Array(0);
  const content = joinedBytes([ascii("INFO"), ...entries]);
  return joinedBytes([ascii("LIST"), uint32(content.length), content]);
}

/** The body of a Vorbis comment, without a framing bit. */
export function vorbisComment(tags: AudioTags): Uint8Array {
  const comments = values(tags, vorbisNames).map(({ name, text }) =>
    joinedBytes([ascii(`${name}=`), text]),
  );
  return joinedBytes([
    uint32(VENDOR.length),
    ascii(VENDOR),
    uint32(comments.length),
    ...comments.flatMap((comment) => [uint32(comment.length), comment]),
  ]);
}

/** An ID3v2.4 tag in UTF-8; of no length when there is nothing to tell. */
export function id3Tag(tags: AudioTags): Uint8Array {
  const frames = values(tags, id3Names).flatMap(({ name, text }) => {
    const utf8 = [3];
    // Comments have a language, undetermined, and a description, empty.
    const lead = name === "COMM" ? [...utf8, ...ascii("und"), 0] : utf8;
    return [ascii(name), synchsafe(lead.length + text.length), flags, Uint8Array.from(lead), text];
  });
  if (frames.length === 0) return new Uint8Array(0);
  const content = joinedBytes(frames);
  return joinedBytes([ascii("ID3"), Uint8Array.of(4, 0, 0), synchsafe(content.length), content]);
}

const flags = new Uint8Array(2);

/** The fields that are there and have a name, in the order of the names. */
function values(tags: AudioTags, names: Readonly<Partial<Record<TagField, string>>>) {
  return fields.flatMap((field) => {
    const name = names[field];
    const text = encoded(tags[field] ?? "");
    return name && text.length > 0 ? [{ name, text }] : [];
  });
}

const fields = Object.keys(vorbisNames).filter((name): name is TagField => name in vorbisNames);

/** UTF-8 without zeros, which end texts in some containers, cut between characters. */
function encoded(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text.replaceAll("\0", "").trim());
  let end = Math.min(bytes.length, MAX_VALUE_BYTES);
  while (end < bytes.length && (bytes[end] & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

/** Little-endian. */
function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

/** 28 bits, seven a byte. */
function synchsafe(value: number): Uint8Array {
  return Uint8Array.of(value >>> 21, (value >>> 14) & 0x7f, (value >>> 7) & 0x7f, value & 0x7f);
}
