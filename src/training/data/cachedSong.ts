/**
 * Decoded songs on disk: 16-bit samples, left and right by turns, part by part, so that any excerpt is one read.
 *
 * Every part has a step of its own, the smallest power of two at which it fits. Samples of 16-bit files come back bit
 * for bit; others within half a step: their error lies 95 dB or more below the part's peak.
 *
 * File: "XUMXSTEM", a version and the length of what follows (32 bits each, little-endian), JSON (see
 * {@link CachedSong}), spaces up to a multiple of 16, then the parts.
 */

import { closeSync, openSync, readSync } from "node:fs";
import { open } from "node:fs/promises";
import { type Part, parts, type Stereo } from "../../datasets/index.ts";
import { AudioError } from "../../errors.ts";
import { writeAtomically } from "../../files/index.ts";
import { type StereoSamples, silence } from "./stereo.ts";

const MAGIC = "XUMXSTEM";
/** Raised when the content changes, so that older files are made again. */
export const CACHE_VERSION = 1;
const PREFIX = 16;
/** Steps smaller than this are of no use: 2^-15 · 2^-15. */
const SMALLEST_STEP = 2 ** -30;

/** Where a part lies. */
export interface CachedPart {
  readonly part: Part;
  /** First byte in the file; undefined for silence, which takes no room. */
  readonly offset: number | undefined;
  /** What the numbers are to be multiplied by. */
  readonly step: number;
}

/** A decoded song: plain data, that threads may send each other. */
export interface CachedSong {
  readonly path: string;
  /** Samples per channel, at 44.1 kHz. */
  readonly frames: number;
  readonly parts: readonly CachedPart[];
}

/**
 * Writes the parts of a song.
 *
 * @param decoded equally long, at 44.1 kHz
 * @throws FileError
 */
export async function writeCachedSong(
  path: string,
  decoded: ReadonlyMap<Part, Stereo>,
): Promise<CachedSong> {
  const [[first]] = decoded.values();
  const frames = first.length;
  const steps = [...decoded].map(([part, samples]) => ({ part, samples, step: stepFor(samples) }));
  // Offsets count from the end of the header, whose length depends on them.
  let offset = 0;
  const placed = steps.map(({ part, samples, step }): CachedPart & { samples: Stereo } => {
    if (step === 0) return { part, samples, step: 1, offset: undefined };
    const place = { part, samples, step, offset };
    offset += 4 * frames;
    return place;
  });
  const listed = placed.map(({ part, step, offset }) => ({ part, step, offset }));
  const json = JSON.stringify({ frames, parts: listed });
  const length = Math.ceil(Buffer.byteLength(json) / 16) * 16;
  const header = Buffer.alloc(PREFIX + length, " ");
  header.write(MAGIC, 0, "latin1");
  header.writeUInt32LE(CACHE_VERSION, 8);
  header.writeUInt32LE(length, 12);
  header.write(json, PREFIX);
  const contents = placed
    .filter((part) => part.offset !== undefined)
    .map(({ samples, step }) => quantise(samples, step));
  await writeAtomically(path, header, ...contents);
  return { path, frames, parts: moved(listed, header.length) };
}

/** Opens a decoded song; undefined when there is none, or one of another version or cut short. */
export async function openCachedSong(path: string): Promise<CachedSong | undefined> {
  const handle = await open(path).catch(() => undefined);
  if (!handle) return undefined;
  try {
    const prefix = Buffer.alloc(PREFIX);
    await handle.read(prefix, 0, PREFIX, 0);
    if (prefix.toString("latin1", 0, 8) !== MAGIC) return undefined;
    if (prefix.readUInt32LE(8) !== CACHE_VERSION) return undefined;
    const length = prefix.readUInt32LE(12);
    const { size } = await handle.stat();
    if (PREFIX + length > size) return undefined;
    const header = Buffer.alloc(length);
    await handle.read(header, 0, length, PREFIX);
    const found = parseHeader(header.toString("utf8"));
    if (!found) return undefined;
    const list = moved(found.parts, PREFIX + length);
    const end = list.reduce(
      (most, part) => Math.max(most, (part.offset ?? 0) + (part.offset ? 4 * found.frames : 0)),
      PREFIX + length,
    );
    return end === size ? { path, frames: found.frames, parts: list } : undefined;
  } finally {
    await handle.close();
  }
}

/**
 * Reads an excerpt of a part; a part the song does not have is silent, and so is what lies outside of the song.
 *
 * @param start first sample; may be negative
 * @throws AudioError "unreadable" when the file has gone or changed since it was opened
 */
export function readExcerpt(
  song: CachedSong,
  part: Part,
  start: number,
  samples: number,
): StereoSamples {
  const place = song.parts.find((known) => known.part === part);
  const out = silence(samples);
  const from = Math.max(0, start);
  const count = Math.min(song.frames, start + samples) - from;
  if (place?.offset === undefined || count <= 0) return out;
  const numbers = new Int16Array(2 * count);
  const bytes = new Uint8Array(numbers.buffer);
  readFully(song.path, bytes, place.offset + 4 * from);
  const [left, right] = out;
  for (let i = 0, to = from - start; i < count; i++, to++) {
    left[to] = place.step * numbers[2 * i];
    right[to] = place.step * numbers[2 * i + 1];
  }
  return out;
}

function readFully(path: string, into: Uint8Array, position: number): void {
  try {
    const file = openSync(path, "r");
    try {
      for (let done = 0; done < into.length; ) {
        const got = readSync(file, into, done, into.length - done, position + done);
        if (got === 0) throw new Error("the file is too short");
        done += got;
      }
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw new AudioError(
      "unreadable",
      `${path}, a decoded song, can no longer be read.`,
      "Start again: it will be decoded anew.",
      { cause },
    );
  }
}

/** The smallest power of two at which 16 bits hold all samples; 0 for silence. */
function stepFor(samples: Stereo): number {
  let low = 0;
  let high = 0;
  for (const channel of samples) {
    for (const sample of channel) {
      if (sample < low) low = sample;
      if (sample > high) high = sample;
    }
  }
  if (low === 0 && high === 0) return 0;
  const least = Math.max(high / 32767, -low / 32768, SMALLEST_STEP);
  return 2 ** Math.ceil(Math.log2(least));
}

function quantise([left, right]: Stereo, step: number): Uint8Array {
  const out = new Int16Array(2 * left.length);
  for (let i = 0; i < left.length; i++) {
    out[2 * i] = Math.round(left[i] / step);
    out[2 * i + 1] = Math.round(right[i] / step);
  }
  return new Uint8Array(out.buffer);
}

function moved(list: readonly CachedPart[], by: number): readonly CachedPart[] {
  return list.map((part) =>
    part.offset === undefined ? part : { ...part, offset: part.offset + by },
  );
}

function parseHeader(text: string): Pick<CachedSong, "frames" | "parts"> | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(json) || !isCount(json.frames) || !Array.isArray(json.parts)) return undefined;
  const found: CachedPart[] = [];
  for (const entry of json.parts) {
    if (!isRecord(entry)) return undefined;
    const { step, offset } = entry;
    const part = parts.find((known) => known === entry.part);
    if (part === undefined || typeof step !== "number") return undefined;
    if (offset !== undefined && !isCount(offset)) return undefined;
    found.push({ part, step, offset });
  }
  return { frames: json.frames, parts: found };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
