/** Tags in the chunks of WAV and AIFF files: RIFF's INFO list, AIFF's texts, and ID3v2 in both. */
import type { ByteSource } from "../bytes.ts";
import { type Chunk, readContent, viewOf, wordAt } from "../chunks.ts";
import { type AudioTags, mergedTags, type TagField, tagsFrom, textOf, triedTags } from "../tags.ts";
import { readId3v2 } from "./id3v2.ts";

/** More of a chunk is not read. */
const MAX_BYTES = 1 << 22;

const infoFields: Readonly<Record<string, TagField>> = {
  INAM: "title",
  IART: "artist",
  IPRD: "album",
  ICRD: "date",
  IGNR: "genre",
  ITRK: "track",
  IPRT: "track",
  ICMT: "comment",
};

const aiffFields: Readonly<Record<string, TagField>> = {
  NAME: "title",
  AUTH: "artist",
  ANNO: "comment",
};

/** Reads the tags among the chunks; ID3v2's stand before the others'. */
export function readChunkTags(source: ByteSource, chunks: readonly Chunk[]): Promise<AudioTags> {
  return triedTags(async () => {
    const places: AudioTags[] = [];
    for (const chunk of chunks) {
      const id = chunk.id.toLowerCase();
      if (id === "id3 ") {
        places.unshift(readId3v2(await readContent(source, chunk, MAX_BYTES)).tags);
      } else if (id === "list") {
        places.push(readInfo(await readContent(source, chunk, MAX_BYTES)));
      } else if (aiffFields[chunk.id]) {
        const text = textOf(await readContent(source, chunk, MAX_BYTES));
        places.push(tagsFrom([[aiffFields[chunk.id], text]]));
      }
    }
    return mergedTags(...places);
  }, {});
}

/** The content of a LIST chunk: "INFO", then words with a length and a text each. */
export function readInfo(bytes: Uint8Array): AudioTags {
  if (wordAt(bytes, 0) !== "INFO") return {};
  const view = viewOf(bytes);
  const found: [TagField, string][] = [];
  for (let at = 4; at + 8 <= bytes.length; ) {
    const field = infoFields[wordAt(bytes, at)];
    const length = view.getUint32(at + 4, true);
    if (field) found.push([field, textOf(bytes.subarray(at + 8, at + 8 + length))]);
    at += 8 + length + (length % 2);
  }
  return tagsFrom(found);
}
