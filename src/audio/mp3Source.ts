/** Reads MP3: we cut the stream into frames and account for each, libmpg123 decodes them. */

import type { MPEGDecoder } from "mpg123-decoder";
import { AudioError, throwIfAborted } from "../errors.ts";
import { type ByteSource, ByteWindow, readBytes } from "./bytes.ts";
import { importMpg123 } from "./codecPackages.ts";
import { FRAME_ROOM, isMp3Stream, Mp3Walk, PROOF_FRAMES } from "./mp3Frames.ts";
import {
  isFreeFormat,
  type Mp3Header,
  type Mp3Tag,
  readItunesGaps,
  readMp3Header,
  readMp3Tag,
} from "./mp3Header.ts";
import { DECODER_DELAY, type EncodedRange, encodedRange, Mp3Trim } from "./mp3Trim.ts";
import type { NoticeLog } from "./notices.ts";
import type { AudioSource } from "./source.ts";
import { StreamedSource } from "./streamedSource.ts";
import { ID3V1_BYTES, readId3v1 } from "./tags/id3v1.ts";
import type { Id3 } from "./tags/id3v2.ts";
import { type AudioTags, mergedTags, triedTags } from "./tags.ts";
import { isTrailer } from "./trailer.ts";

const READ_AHEAD = 1 << 17;
/** Junk before the first frame is searched this far. */
const MAX_JUNK = 1 << 16;

interface Mp3Start {
  readonly header: Mp3Header;
  readonly tag: Mp3Tag | undefined;
  /** Position of the first frame. */
  readonly position: number;
}

/**
 * Opens an MP3 stream, or returns undefined if there is none within 64 KiB of `start`.
 *
 * With a LAME tag (or iTunes' comment) the encoder's delay and padding are removed, so that the samples are those that
 * were encoded; of files that were joined, each part's. libmpg123 (LGPL) is loaded at the first block.
 * @param id3 the tag that was found before the stream.
 * @throws AudioError "corrupt-audio"; "unsupported-audio" for free format, and (from the first block) when the decoder
 * cannot be loaded.
 */
export async function openMp3(
  bytes: ByteSource,
  start: number,
  id3: Id3 | undefined,
  log: NoticeLog,
): Promise<AudioSource | undefined> {
  const found = await findStart(bytes, start, log);
  if (!found) return undefined;
  const { header, tag, position } = found;
  const itunes = tag?.gap ? undefined : readItunesGaps(id3?.itunesGaps ?? "");
  const range: EncodedRange = itunes
    ? { from: itunes.delay + DECODER_DELAY, length: itunes.length }
    : encodedRange(tag, header.frameSamples);
  const announced = range.length ?? (tag?.frames && tag.frames * header.frameSamples);
  const frames = (await isWhole(bytes, found)) ? announced : undefined;
  const format = {
    container: "mp3",
    sampleRate: header.sampleRate,
    channels: header.channels,
    frames,
    ...(frames === undefined && {
      approximateFrames:
        announced ?? Math.round((bytes.size - position) / header.frameBytes) * header.frameSamples,
    }),
    sampleFormat: `MPEG-${header.version} layer III`,
  } as const;
  const tail = Math.max(0, bytes.size - ID3V1_BYTES);
  const id3v1 = await triedTags(
    async () => readId3v1(await readBytes(bytes, tail, ID3V1_BYTES)),
    {},
  );
  const tags: AudioTags = mergedTags(id3?.tags ?? {}, id3v1);
  return new StreamedSource(format, tags, bytes, log, (signal) =>
    decode(bytes, found, range, log, signal),
  );
}

/** Whether the tag's count of bytes leads to the end of the file. Without gaps its count of frames may be one too many. */
async function isWhole(bytes: ByteSource, { tag, position }: Mp3Start): Promise<boolean> {
  if (!tag?.gap || tag.frames === undefined || tag.bytes === undefined) return false;
  const end = position + tag.bytes;
  const rest = await readBytes(bytes, end, MAX_JUNK);
  return end <= bytes.size && end + rest.length === bytes.size && isTrailer(rest);
}

async function findStart(
  bytes: ByteSource,
  start: number,
  log: NoticeLog,
): Promise<Mp3Start | undefined> {
  const window = new ByteWindow(bytes, start, READ_AHEAD);
  await window.ensure(MAX_JUNK + PROOF_FRAMES * FRAME_ROOM);
  for (let at = 0; at < Math.min(MAX_JUNK, window.bytes.length); at++) {
    if (at === 0 && isFreeFormat(window.bytes, at)) throw freeFormat(bytes.name);
    const header = readMp3Header(window.bytes, at);
    if (!header || !isMp3Stream(window, at)) continue;
    // Less than a frame (which may be a byte shorter) is what a cut leaves, and zeros are padding.
    const isJunk = at >= header.frameBytes - 1 || readMp3Header(window.bytes) !== undefined;
    if (isJunk && window.bytes.subarray(0, at).some((byte) => byte !== 0)) {
      log.add({ kind: "junk-before", bytes: at });
    }
    const frame = window.bytes.subarray(at, at + header.frameBytes);
    return { header, tag: readMp3Tag(frame, header), position: start + at };
  }
  return undefined;
}

function freeFormat(name: string): AudioError {
  return new AudioError(
    "unsupported-audio",
    `${name} is an MP3 file of free format (of a bit rate of its own), which is not supported.`,
    "Decode it with LAME (lame --decode) first.",
  );
}

async function* decode(
  bytes: ByteSource,
  { header, position }: Mp3Start,
  range: EncodedRange,
  log: NoticeLog,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly Float32Array[], void, void> {
  const { channels, frameSamples, sampleRate } = header;
  const walk = new Mp3Walk(new ByteWindow(bytes, position, READ_AHEAD), header, log, signal);
  const decoder = await makeDecoder(bytes.name);
  try {
    let trim = new Mp3Trim(range);
    let decoded = 0;
    let seen: number = channels;
    for await (const piece of walk.pieces()) {
      throwIfAborted(signal);
      if (piece.kind === "part") {
        // The first part's range is known, from iTunes' comment perhaps.
        if (decoded > 0) {
          trim = new Mp3Trim(encodedRange(piece.tag, frameSamples));
          await decoder.reset();
        }
        continue;
      }
      const wanted = piece.frames * frameSamples;
      if (piece.kind === "hole") {
        decoded += wanted;
        for (let i = 0; i < piece.frames; i++) yield* trim.push(silence(channels, frameSamples));
        continue;
      }
      const seconds = decoded / sampleRate;
      if (piece.channels !== seen) {
        const reason = `from ${seen} to ${piece.channels} channels after ${seconds.toFixed(1)} s`;
        log.add({ kind: "wrong-header", reason });
        seen = piece.channels;
      }
      const { channelData, samplesDecoded, errors } = decoder.decode(piece.bytes);
      const missing = wanted - samplesDecoded;
      if (errors.length > 0 || missing !== 0) {
        const what = errors[0]?.message ?? `${missing} samples missing`;
        const reason = `the decoder says "${what}"`;
        log.add({ kind: "hole", seconds, silence: Math.max(0, missing) / sampleRate, reason });
        if (missing > 0) yield* trim.push(silence(channels, missing));
      }
      decoded += wanted;
      const given = channelData.slice(0, piece.channels);
      const fitting = given.map((channel) => channel.subarray(0, Math.min(samplesDecoded, wanted)));
      if (fitting[0]?.length) yield* trim.push(inChannels(fitting, channels));
    }
  } finally {
    decoder.free();
  }
}

function silence(channels: number, length: number): Float32Array[] {
  return Array.from({ length: channels }, () => new Float32Array(length));
}

/** Mono in two channels, or stereo in one. */
function inChannels(block: readonly Float32Array[], channels: 1 | 2): readonly Float32Array[] {
  if (block.length === channels) return block;
  const [left, right = left] = block;
  return channels === 2 ? [left, right] : [left.map((sample, i) => (sample + right[i]) / 2)];
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
