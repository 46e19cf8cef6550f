/** The ID3v1 tag: 128 bytes at the very end of an MP3 file. */
import { type AudioTags, tagsFrom, textOf } from "../tags.ts";
import { genreName } from "./genres.ts";

export const ID3V1_BYTES = 128;

/** Reads the tag, if `bytes` (the last 128 of the file) are one. */
export function readId3v1(bytes: Uint8Array): AudioTags {
  if (bytes.length < ID3V1_BYTES || String.fromCharCode(...bytes.subarray(0, 3)) !== "TAG") {
    return {};
  }
  const text = (from: number, length: number) => {
    const field = bytes.subarray(from, from + length);
    const end = field.indexOf(0);
    return textOf(end < 0 ? field : field.subarray(0, end));
  };
  // Version 1.1 took the comment's last two bytes for the track.
  const track = bytes[125] === 0 ? bytes[126] : 0;
  return tagsFrom([
    ["title", text(3, 30)],
    ["artist", text(33, 30)],
    ["album", text(63, 30)],
    ["date", text(93, 4)],
    ["comment", text(97, track > 0 ? 28 : 30)],
    ["track", track > 0 ? String(track) : ""],
    ["genre", genreName(bytes[127]) ?? ""],
  ]);
}
