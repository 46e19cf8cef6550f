/** Tags of MP4 and M4A files: the atoms moov › udta › meta › ilst, as iTunes writes them. */
import { type ByteSource, readBytes } from "../bytes.ts";
import { viewOf, wordAt } from "../chunks.ts";
import { type AudioTags, type TagField, tagsFrom, textOf, triedTags } from "../tags.ts";
import { genreName } from "./genres.ts";

interface Atom {
  readonly type: string;
  /** Positions of the content's first byte, and after its last. */
  readonly from: number;
  readonly to: number;
}

/** Atoms of one parent that are looked at. */
const MAX_ATOMS = 1000;
const MAX_TEXT_BYTES = 1 << 16;

const fields: Readonly<Record<string, TagField>> = {
  "\xa9nam": "title",
  "\xa9ART": "artist",
  "\xa9alb": "album",
  aART: "albumArtist",
  "\xa9day": "date",
  "\xa9gen": "genre",
  gnre: "genre",
  trkn: "track",
  "\xa9cmt": "comment",
};

/** Reads the tags, if `source` is such a file and has any. */
export function readMp4Tags(source: ByteSource): Promise<AudioTags> {
  return triedTags(async () => {
    let place: Atom = { type: "", from: 0, to: source.size };
    for (const type of ["moov", "udta", "meta", "ilst"]) {
      const child = await find(source, place, type);
      if (!child) return {};
      // In MP4 a version stands before the atoms of "meta"; in QuickTime it does not.
      const isVersioned = type === "meta" && (await startsWithVersion(source, child));
      place = isVersioned ? { ...child, from: child.from + 4 } : child;
    }
    const found: (readonly [TagField, string])[] = [];
    for await (const item of atoms(source, place)) {
      const field = fields[item.type];
      const data = field && (await find(source, item, "data"));
      if (data) found.push([field, await readValue(source, data, item.type)]);
    }
    return tagsFrom(found);
  }, {});
}

async function* atoms(source: ByteSource, parent: Atom): AsyncGenerator<Atom, void, void> {
  let at = parent.from;
  for (let count = 0; count < MAX_ATOMS && at + 8 <= parent.to; count++) {
    const head = await readBytes(source, at, 16);
    if (head.length < 8) return;
    const view = viewOf(head);
    const short = view.getUint32(0);
    const isLong = short === 1 && head.length === 16;
    const size = isLong ? Number(view.getBigUint64(8)) : short === 0 ? parent.to - at : short;
    const headBytes = isLong ? 16 : 8;
    if (size < headBytes || at + size > parent.to) return;
    yield { type: wordAt(head, 4), from: at + headBytes, to: at + size };
    at += size;
  }
}

async function find(source: ByteSource, parent: Atom, type: string): Promise<Atom | undefined> {
  for await (const atom of atoms(source, parent)) if (atom.type === type) return atom;
  return undefined;
}

async function startsWithVersion(source: ByteSource, meta: Atom): Promise<boolean> {
  const head = await readBytes(source, meta.from, 4);
  return head.length === 4 && viewOf(head).getUint32(0) === 0;
}

/** A data atom: its type and a locale, then the value. */
async function readValue(source: ByteSource, data: Atom, item: string): Promise<string> {
  const length = Math.min(data.to - data.from, MAX_TEXT_BYTES);
  const value = (await readBytes(source, data.from, length)).subarray(8);
  const view = viewOf(value);
  if (item === "gnre") return value.length < 2 ? "" : (genreName(view.getUint16(0) - 1) ?? "");
  if (item !== "trkn") return textOf(value);
  if (value.length < 6) return "";
  const [track, tracks] = [view.getUint16(2), view.getUint16(4)];
  if (track === 0) return "";
  return tracks > 0 ? `${track}/${tracks}` : String(track);
}
