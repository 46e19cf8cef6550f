/** How many bytes of samples a file of chunks holds: one rule for sizes that cannot be true. */
import { type ByteSource, readBytes } from "./bytes.ts";
import { type Chunk, type ChunkLayout, chunksOf, wordAt } from "./chunks.ts";
import type { NoticeLog } from "./notices.ts";
import { corruptAudio } from "./streamedSource.ts";
import { isTrailer, tagLength } from "./trailer.ts";

/** A stretch of samples in the file. */
export interface Extent {
  /** Of the first byte. */
  readonly position: number;
  /** Whole frames. */
  readonly bytes: number;
}

/** What is known of the samples' chunk. */
export interface SampleChunk {
  /** Of the first sample. */
  readonly position: number;
  /** Bytes, as the chunk's head claims. */
  readonly claimed: number;
  /** Bytes of one sample of all channels. */
  readonly frameBytes: number;
  readonly sampleRate: number;
}

/** Sizes from here on, or a head less, are what programs write into a pipe: 0x7F000000, 0x7FFFEFFC, 0x7FFFFFFF, 0xFFFFFFFF, … */
const STREAMED = 0x7effff00;
/** Sizes of 32 bits go round at this. */
const WRAP = 2 ** 32;
/** A size that was left open. */
const OPEN = WRAP - 1;
/** So few bytes that no chunk explains are junk; more are samples that a header does not know of. */
const MAX_JUNK = 4096;
/** Chunks after the samples that are looked at. */
const MAX_TRAILERS = 32;
/** Chunks whose names are enough to believe in them. */
const known =
  /^(LIST|list|id3 |ID3 |bext|iXML|_PMX|axml|chna|cue |smpl|inst|fact|PEAK|JUNK|junk|PAD |FLLR|acid|strc|plst|DISP|levl|umid|minf|elm1|regn|afsp|AFAn|SLIC|data|MARK|COMT|NAME|AUTH|ANNO|\(c\) |INST|MIDI|APPL|AESD|CHAN|COMM)$/;

/**
 * Finds the samples. A size is believed if chunks or nothing follow the samples that it counts, or tags. If not, or if
 * more is claimed than there is, the samples go on to the end of the file; sizes that wrapped round at 4 GiB are tried
 * with that added. Further chunks of samples go on where the first ends.
 * @param rules of the chunks after the samples.
 * @returns the stretches of samples, in their order, and the chunks after them.
 * @throws AudioError "corrupt-audio" as the log has it.
 */
export async function sampleExtents(
  source: ByteSource,
  chunk: SampleChunk,
  layout: ChunkLayout,
  log: NoticeLog,
): Promise<{ readonly extents: readonly Extent[]; readonly others: readonly Chunk[] }> {
  const { position, claimed, frameBytes } = chunk;
  const { size } = source;
  const present = Math.max(0, size - position);
  const wraps = layout.heads === "word" && claimed !== OPEN;
  for (let bytes = claimed; bytes <= present && claimed !== OPEN; bytes += WRAP) {
    const rest = await restAfter(source, position + bytes, claimed, layout);
    if (rest) {
      const further = rest.chunks.filter(({ id }) => id === "data");
      const pieces = [{ position, length: bytes }, ...further];
      const extents = pieces.map((piece) => wholeFrames(source, piece, frameBytes, layout, log));
      if (pieces.length > 1 || bytes !== claimed) {
        const found = extents.reduce((sum, extent) => sum + extent.bytes, 0) / frameBytes;
        log.add({ kind: "wrong-length", claimed: Math.floor(claimed / frameBytes), found });
      }
      const { unread } = rest;
      if (unread > 0) log.add({ kind: "unread", position: size - unread, bytes: unread });
      return { extents, others: rest.chunks.filter(({ id }) => id !== "data") };
    }
    if (!wraps) break;
  }
  reportOpen(chunk, present, layout, log);
  const length = present - (present % frameBytes);
  return { extents: [{ position, bytes: length }], others: [] };
}

/** Names with which a whole file begins, where files were joined. */
const isFile = /^(RIFF|RIFX|RF64|FORM|riff)$/;

/** Says why the samples are read to the file's end. */
function reportOpen(
  { claimed, frameBytes, sampleRate }: SampleChunk,
  present: number,
  { heads }: ChunkLayout,
  log: NoticeLog,
): void {
  const [found, count] = [present, claimed].map((bytes) => Math.floor(bytes / frameBytes));
  const isOpen =
    claimed === 0 || (heads === "word" ? claimed >= STREAMED && claimed < WRAP : claimed > 2 ** 60);
  if (claimed > present) {
    if (isOpen) return;
    if (found === 0) throw corruptAudio(log.name, `0 of ${count} samples per channel are there.`);
    const reason = `${found} of ${count} samples per channel are there`;
    log.add({ kind: "cut-short", seconds: found / sampleRate, reason });
  } else if (claimed > 0) log.add({ kind: "wrong-length", claimed: count, found });
}

interface Rest {
  readonly chunks: readonly Chunk[];
  /** Bytes at the file's end that belong to nothing. */
  readonly unread: number;
}

/** What follows samples that end here, or undefined if they do not. */
async function restAfter(
  source: ByteSource,
  end: number,
  claimed: number,
  layout: ChunkLayout,
): Promise<Rest | undefined> {
  const { size } = source;
  const padded = Math.ceil(end / layout.alignment) * layout.alignment;
  if (padded >= size) return { chunks: [], unread: 0 };
  for (const first of new Set([padded, end])) {
    const chunks: Chunk[] = [];
    let at = first;
    for await (const chunk of chunksOf(source, { ...layout, first })) {
      const chunkEnd = chunk.position + chunk.length;
      const isSane = /^[ -~]{4}$/.test(chunk.id) && chunkEnd <= size + 1;
      if (!(known.test(chunk.id) || isSane) || isFile.test(chunk.id)) break;
      chunks.push(chunk);
      at = Math.min(size, chunkEnd + (chunkEnd % 2));
      if (chunks.length === MAX_TRAILERS) return { chunks, unread: 0 };
    }
    const rest = await readBytes(source, at, MAX_JUNK);
    const unread = isTrailer(rest) && at + rest.length === size ? 0 : size - at;
    const tag = tagLength(rest);
    const isTagged = tag > 0 && at + tag >= size;
    const isTold = chunks.some(({ id }) => known.test(id)) || isFile.test(wordAt(rest, 0));
    if (isTold || isTagged || unread === 0) return { chunks, unread: isTagged ? 0 : unread };
  }
  return size - end <= Math.min(MAX_JUNK, claimed / 4)
    ? { chunks: [], unread: size - end }
    : undefined;
}

/** Without a part of a frame at the end, which is told unless it is padding. */
function wholeFrames(
  { size }: ByteSource,
  { position, length }: Pick<Chunk, "position" | "length">,
  frameBytes: number,
  { alignment }: ChunkLayout,
  log: NoticeLog,
): Extent {
  const present = Math.min(length, size - position);
  const part = present % frameBytes;
  const isPadding = alignment > 2 && part < alignment;
  if (part > 0 && !isPadding) {
    log.add({ kind: "unread", position: position + present - part, bytes: part });
  }
  return { position, bytes: present - part };
}
