/** Files made of chunks, each with a name and a length: RIFF and its big-endian and 64-bit kin, AIFF. */
import { type ByteSource, readBytes } from "./bytes.ts";
import { corruptAudio } from "./streamedSource.ts";

/** How chunks follow one another. */
export interface ChunkLayout {
  /** Position of the first chunk. */
  readonly first: number;
  readonly bigEndian: boolean;
  /** "guid" is Wave64's: names of 16 bytes, then 64-bit lengths that count the chunk's head too. */
  readonly heads: "word" | "guid";
  /** Chunks begin at multiples of this. */
  readonly alignment: 2 | 8;
}

export interface Chunk {
  /** Four letters. */
  readonly id: string;
  /** Position of the content. */
  readonly position: number;
  /** Bytes of content, as claimed. */
  readonly length: number;
}

/** More chunks than this are no audio file. */
const MAX_CHUNKS = 10000;

/** The chunk whose head is at `position`; undefined if the file ends before or within the head. */
async function readChunk(
  source: ByteSource,
  position: number,
  { bigEndian, heads }: ChunkLayout,
): Promise<Chunk | undefined> {
  const bytes = heads === "word" ? 8 : 24;
  const head = await readBytes(source, position, bytes);
  if (head.length < bytes) return undefined;
  const view = viewOf(head);
  const length =
    heads === "word"
      ? view.getUint32(4, !bigEndian)
      : Math.max(0, Number(view.getBigUint64(16, true)) - bytes);
  return { id: wordAt(head, 0), position: position + bytes, length };
}

/**
 * All chunks, one after the other.
 * @param lengthOf corrects a chunk's length, where that stands elsewhere.
 * @throws AudioError "corrupt-audio" if there are thousands.
 */
export async function* chunksOf(
  source: ByteSource,
  layout: ChunkLayout,
  lengthOf = (chunk: Chunk) => chunk.length,
): AsyncGenerator<Chunk, void, void> {
  let position = layout.first;
  for (let count = 0; position < source.size; count++) {
    const chunk = await readChunk(source, position, layout);
    if (!chunk) return;
    if (count === MAX_CHUNKS) throw corruptAudio(source.name, "it has too many chunks.");
    const length = lengthOf(chunk);
    yield { ...chunk, length };
    position = await nextPosition(source, chunk.position + length, layout);
  }
}

/** Chunks of odd lengths are padded, which some programs forget: then a name stands where the padding should. */
async function nextPosition(
  source: ByteSource,
  end: number,
  { alignment }: ChunkLayout,
): Promise<number> {
  const padding = (alignment - (end % alignment)) % alignment;
  if (padding !== 1) return end + padding;
  const names = await readBytes(source, end, 5);
  const isName = (at: number) => /^[ -~]{4}$/.test(wordAt(names, at));
  const isUsual = /^(data|fmt |fact|LIST|id3 |bext|cue |SSND|COMM)$/.test(wordAt(names, 0));
  return isUsual || (isName(0) && !isName(1)) ? end : end + padding;
}

/** The beginning of a chunk's content, at most `most` bytes. */
export function readContent(source: ByteSource, chunk: Chunk, most: number): Promise<Uint8Array> {
  return readBytes(source, chunk.position, Math.min(chunk.length, most));
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Four letters. */
export function wordAt(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}
