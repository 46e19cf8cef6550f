/** The comment block of Vorbis, Opus and FLAC: lines of NAME=value. (Vorbis I, section 5.) */
import { type AudioTags, type TagField, tagsFrom } from "../tags.ts";

/** More lines than this are not looked at. */
const MAX_LINES = 10000;
/** Longer lines (pictures, mostly) are passed over. */
const MAX_LINE_BYTES = 1 << 16;

/** Names of lines; the first that is there gives the field. */
const names: readonly (readonly [field: TagField, names: readonly string[]])[] = [
  ["title", ["TITLE"]],
  ["artist", ["ARTIST"]],
  ["album", ["ALBUM"]],
  ["albumArtist", ["ALBUMARTIST", "ALBUM ARTIST"]],
  ["date", ["DATE", "YEAR"]],
  ["genre", ["GENRE"]],
  ["comment", ["COMMENT", "DESCRIPTION"]],
];

/** The values of every name, which is in capitals. */
export type Comments = ReadonlyMap<string, readonly string[]>;

/** Reads as much of a block as is legible. */
export function readComments(bytes: Uint8Array): Comments {
  const decoder = new TextDecoder();
  const values = new Map<string, string[]>();
  for (const line of lines(bytes)) {
    const text = decoder.decode(line);
    const equals = text.indexOf("=");
    const value = text.slice(equals + 1).trim();
    if (equals < 1 || value === "") continue;
    const name = text.slice(0, equals).toUpperCase();
    const known = values.get(name);
    if (!known) values.set(name, [value]);
    else if (!known.includes(value)) known.push(value);
  }
  return values;
}

/** The tags among the comments. Several values of one name (artists, say) are joined by semicolons. */
export function commentTags(comments: Comments): AudioTags {
  const of = (...names: readonly string[]) => {
    const name = names.find((name) => comments.has(name));
    return name === undefined ? "" : (comments.get(name) ?? []).join("; ");
  };
  const track = of("TRACKNUMBER");
  const tracks = of("TRACKTOTAL", "TOTALTRACKS");
  const numbered = track && tracks && !track.includes("/") ? `${track}/${tracks}` : track;
  return tagsFrom([
    ...names.map(([field, names]) => [field, of(...names)] as const),
    ["track", numbered],
  ]);
}

function* lines(bytes: Uint8Array): Generator<Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const lengthAt = (at: number) => (at + 4 <= bytes.length ? view.getUint32(at, true) : 0);
  // The name of the program that wrote it comes first.
  let at = 4 + lengthAt(0);
  const count = Math.min(lengthAt(at), MAX_LINES);
  at += 4;
  for (let i = 0; i < count && at + 4 <= bytes.length; i++) {
    const length = lengthAt(at);
    at += 4;
    if (length <= MAX_LINE_BYTES) yield bytes.subarray(at, at + length);
    at += length;
  }
}
