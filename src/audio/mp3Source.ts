/** Reads MP3: we cut the stream into frames and account for each, libmpg123 decodes them. */

import type { MPEGDecoder } from "mpg123-decoder";
import { AudioError, throwIfAborted } from "../errors.ts";
import { type ByteSource, ByteWindow, readBytes } from "./bytes.ts";
import { importMpg123 } from "./codecPackages.ts";
import {
  hasVbriTag,
  type Mp3Header,
  type Mp3Tag,
  readItunesGaps,
  readMp3Header,
  readMp3Tag,
  sameStream,
} from "./mp3Header.ts";
import type { AudioSource } from "./source.ts";
import { corruptAudio, StreamedSource } from "./streamedSource.ts";
import { ID3V1_BYTES, readId3v1 } from "./tags/id3v1.ts";
import type { Id3 } from "./tags/id3v2.ts";
import { type AudioTags, mergedTags, triedTags } from "./tags.ts";
import { isTrailer } from "./trailer.ts";

const READ_AHEAD = 1 << 17;
/** Junk before the first frame is searched this far. */
const MAX_JUNK = 1 << 16;
/** Frames that have to follow one another for junk to be called MP3. */
const PROOF_FRAMES = 3;
/** Longer than any frame. */
const FRAME_ROOM = 4096;
/** Frames decoded at a time. */
const BATCH = 16;
/** Delay of a decoder that begins at the first frame, samples. */
const DECODER_DELAY = 529;

interface Mp3Start {
  readonly header: Mp3Header;
  readonly tag: Mp3Tag | undefined;
  /** Position of the first frame. */
  readonly position: number;
}

/** The stretch of the decoded samples that was encoded. */
interface Range {
  readonly from: number;
  /** Samples per channel; undefined: all there are. */
  readonly length: number | undefined;
}

/**
 * Opens an MP3 stream, or returns undefined if there is none within 64 KiB of `start`. Zeros and less than a frame
 * of other bytes before the first whole frame are passed over.
 *
 * With a LAME tag (or iTunes' comment) the encoder's delay and padding are removed, so that the samples are those that
 * were encoded. libmpg123 (LGPL) is loaded at the first block.
 * @param id3 the tag that was found before the stream.
 * @throws AudioError "corrupt-audio"; "unsupported-audio" (from the first block) when the decoder cannot be loaded.
 */
export async function openMp3(
  bytes: ByteSource,
  start = 0,
  id3?: Id3,
): Promise<AudioSource | undefined> {
  const found = await findStart(bytes, start);
  if (!found) return undefined;
  const { header, tag, position } = found;
  const range = encodedRange(found, id3?.itunesGaps);
  const frames = tag?.frames === undefined ? undefined : range.length;
  const format = {
    container: "mp3",
    sampleRate: header.sampleRate,
    channels: header.channels,
    frames,
    ...(frames === undefined && {
      approximateFrames:
        range.length ??
        Math.round((bytes.size - position) / header.frameBytes) * header.frameSamples,
    }),
    sampleFormat: `MPEG-${header.version} layer III`,
  } as const;
  const tail = Math.max(0, bytes.size - ID3V1_BYTES);
  const id3v1 = await triedTags(
    async () => readId3v1(await readBytes(bytes, tail, ID3V1_BYTES)),
    {},
  );
  const tags: AudioTags = mergedTags(id3?.tags ?? {}, id3v1);
  return new StreamedSource(format, tags, bytes, (signal) => decode(bytes, found, range, signal));
}

function encodedRange({ header, tag }: Mp3Start, itunesGaps: string | undefined): Range {
  const total = tag?.frames === undefined ? undefined : tag.frames * header.frameSamples;
  if (tag?.gap) {
    const from = tag.gap.delay + DECODER_DELAY;
    const end = total && Math.min(total, total - tag.gap.padding + DECODER_DELAY);
    return { from, length: end && Math.max(0, end - from) };
  }
  const itunes = readItunesGaps(itunesGaps ?? "");
  if (itunes) return { from: itunes.delay + DECODER_DELAY, length: itunes.length };
  return { from: 0, length: total };
}

async function findStart(bytes: ByteSource, start: number): Promise<Mp3Start | undefined> {
  const window = new ByteWindow(bytes, start, READ_AHEAD);
  await window.ensure(MAX_JUNK + PROOF_FRAMES * FRAME_ROOM);
  for (let at = 0; at < Math.min(MAX_JUNK, window.bytes.length); at++) {
    const header = readMp3Header(window.bytes, at);
    if (!header || !isStream(window, at, header)) continue;
    const junk = window.bytes.subarray(0, at);
    // Less than a frame is what a cut leaves; a frame (which may be a byte shorter) or its header is damage.
    if (junk.some((byte) => byte !== 0) && (at >= header.frameBytes - 1 || readMp3Header(junk))) {
      throw corruptAudio(
        bytes.name,
        `its MP3 frames follow one another only from byte ${start + at} on.`,
      );
    }
    const frame = window.bytes.subarray(at, at + header.frameBytes);
    const position = start + at + (hasVbriTag(frame) ? frame.length : 0);
    return { header, tag: readMp3Tag(frame, header), position };
  }
  return undefined;
}

function isStream(window: ByteWindow, at: number, first: Mp3Header): boolean {
  const { bytes, atEnd } = window;
  for (let count = 0; count < PROOF_FRAMES; count++) {
    // A short file may end before it is proved, but then with the end of a frame or with a tag.
    if (count > 0 && atEnd && isTrailer(bytes.subarray(at))) return true;
    const header = readMp3Header(bytes, at);
    if (!header || !sameStream(header, first)) return false;
    at += header.frameBytes;
  }
  return true;
}

interface FrameBatch {
  readonly bytes: Uint8Array;
  readonly frames: number;
}

/** Whole frames in batches, without the tag's; throws when the stream is damaged, cut short, or not as long as told. */
async function* frameBatches(
  bytes: ByteSource,
  { header: first, tag, position }: Mp3Start,
  signal: AbortSignal | undefined,
): AsyncGenerator<FrameBatch, void, void> {
  const window = new ByteWindow(bytes, position, READ_AHEAD);
  let total = tag ? -1 : 0;
  for (let last = false; !last; ) {
    let length = 0;
    let frames = 0;
    let damage: string | undefined;
    await window.ensure(BATCH * FRAME_ROOM, signal);
    while (frames < BATCH) {
      const rest = window.bytes.subarray(length);
      const header = readMp3Header(rest);
      last = !header && window.atEnd && isTrailer(rest);
      if (last) break;
      const seconds = ((total + frames) * first.frameSamples) / first.sampleRate;
      const place = `after ${seconds.toFixed(1)} s (byte ${window.position + length})`;
      if (!header || !sameStream(header, first)) damage = `no frame begins ${place}.`;
      else if (header.frameBytes > rest.length) damage = `it is cut short within a frame ${place}.`;
      if (damage || !header) break;
      length += header.frameBytes;
      frames++;
    }
    if (frames > 0) yield { bytes: window.bytes.slice(0, length), frames };
    if (damage) throw corruptAudio(bytes.name, damage);
    total += frames;
    window.advance(length);
  }
  checkLength(bytes.name, tag, total, window.position - position);
}

function checkLength(name: string, tag: Mp3Tag | undefined, frames: number, length: number): void {
  if (tag?.frames === undefined || frames === tag.frames) return;
  // Some encoders count the tag's own frame.
  const countsItself =
    frames + 1 === tag.frames && (tag.bytes === undefined || length >= tag.bytes);
  if (countsItself) return;
  const what = frames < tag.frames ? "it is cut short" : "its tag lies about its length";
  throw corruptAudio(name, `${what}, ${frames} frames are there and ${tag.frames} announced.`);
}

async function* decode(
  bytes: ByteSource,
  start: Mp3Start,
  range: Range,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly Float32Array[], void, void> {
  const { header, tag } = start;
  const end = range.length === undefined ? Number.POSITIVE_INFINITY : range.from + range.length;
  const decoder = await makeDecoder(bytes.name);
  try {
    let decoded = 0;
    let expected = tag ? -header.frameSamples : 0;
    for await (const batch of frameBatches(bytes, start, signal)) {
      throwIfAborted(signal);
      const { channelData, samplesDecoded, errors } = decoder.decode(batch.bytes);
      if (errors.length > 0) {
        throw corruptAudio(
          bytes.name,
          `after ${((decoded + samplesDecoded) / header.sampleRate).toFixed(1)} s the decoder says "${errors[0].message}".`,
        );
      }
      const from = Math.max(0, range.from - decoded);
      const to = Math.min(samplesDecoded, end - decoded);
      if (to > from) {
        yield channelData.slice(0, header.channels).map((channel) => channel.subarray(from, to));
      }
      decoded += samplesDecoded;
      expected += batch.frames * header.frameSamples;
    }
    if (tag && decoded !== expected) {
      throw corruptAudio(
        bytes.name,
        `${expected - decoded} of ${expected} samples could not be decoded.`,
      );
    }
  } finally {
    decoder.free();
  }
}

async function makeDecoder(name: string): Promise<MPEGDecoder> {
  try {
    const { MPEGDecoder } = await importMpg123();
    // Gaps are cut here: the decoder would stop at the tag's length without a word.
    const decoder = new MPEGDecoder({ enableGapless: false });
    await decoder.ready;
    return decoder;
  } catch (cause) {
    throw new AudioError(
      "unsupported-audio",
      `${name} is an MP3 file, and the MP3 decoder cannot be loaded.`,
      "Install the package mpg123-decoder, or convert the file to WAV or FLAC.",
      { cause },
    );
  }
}
