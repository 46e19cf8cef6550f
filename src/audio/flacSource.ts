/** Reads FLAC frame by frame, checking every frame and the total against what the file promises. (RFC 9639.) */
import { AudioError, throwIfAborted } from "../errors.ts";
import { BitReader, OutOfBits } from "./bitReader.ts";
import { type ByteSource, ByteWindow } from "./bytes.ts";
import { decodeFlacFrame, type FlacFrame } from "./flacFrame.ts";
import { readFlacMetadata, type StreamInfo } from "./flacMetadata.ts";
import { FlacFrameError } from "./flacSubframe.ts";
import type { AudioSource } from "./source.ts";
import { flacLayout } from "./speakers.ts";
import { corruptAudio, StreamedSource } from "./streamedSource.ts";
import { commentTags } from "./tags/vorbisComment.ts";
import { type AudioTags, mergedTags } from "./tags.ts";

const READ_AHEAD = 1 << 18;
/** No frame is longer: 65536 samples of 8 channels of 33 bits, and room for wasteful residuals. */
const MAX_FRAME_BYTES = 1 << 23;
/** Samples per channel gathered in a block, at least. */
const BLOCK_FRAMES = 16384;

/**
 * Opens a native FLAC stream of 4 to 32 bits and 1 to 8 channels.
 * @param start position of the "fLaC" mark.
 * @param id3 tags that were found before it; those of the stream itself come first.
 * @throws AudioError "corrupt-audio".
 */
export async function openFlac(
  bytes: ByteSource,
  start = 0,
  id3: AudioTags = {},
): Promise<AudioSource> {
  const { info, comments, audio } = await readFlacMetadata(bytes, start);
  const format = {
    container: "flac",
    sampleRate: info.sampleRate,
    channels: info.channels,
    frames: info.frames === 0 ? undefined : info.frames,
    sampleFormat: `int${info.bits}`,
    ...flacLayout(info.channels, comments),
  } as const;
  const tags = mergedTags(commentTags(comments), id3);
  return new StreamedSource(format, tags, bytes, async function* (signal) {
    let pending: FlacFrame[] = [];
    let gathered = 0;
    try {
      for await (const frame of flacFrames(bytes, audio, info, signal)) {
        pending.push(frame);
        gathered += frame.channels[0].length;
        if (gathered < BLOCK_FRAMES) continue;
        yield joined(pending, gathered);
        pending = [];
        gathered = 0;
      }
    } catch (error) {
      if (gathered > 0) yield joined(pending, gathered);
      throw error;
    }
    if (gathered > 0) yield joined(pending, gathered);
  });
}

function joined(frames: readonly FlacFrame[], length: number): Float32Array[] {
  return frames[0].channels.map((_, channel) => {
    const out = new Float32Array(length);
    let at = 0;
    for (const frame of frames) {
      out.set(frame.channels[channel], at);
      at += frame.channels[channel].length;
    }
    return out;
  });
}

/** All frames in their order; throws when one is damaged, missing or too many. */
async function* flacFrames(
  bytes: ByteSource,
  start: number,
  info: StreamInfo,
  signal: AbortSignal | undefined,
): AsyncGenerator<FlacFrame, void, void> {
  const window = new ByteWindow(bytes, start, READ_AHEAD, BitReader.PADDING);
  const order = new FrameOrder();
  let decoded = 0;
  const at = () => `after ${decoded} samples (byte ${window.position})`;
  while (info.frames === 0 || decoded < info.frames) {
    throwIfAborted(signal);
    const frame = await nextFrame(window, info, signal, at);
    if (!frame) break;
    if (!order.follows(frame)) {
      throw corruptAudio(bytes.name, `frames are missing or out of order ${at()}.`);
    }
    decoded += frame.channels[0].length;
    window.advance(frame.length);
    if (info.frames > 0 && decoded > info.frames) break;
    yield frame;
  }
  if (info.frames > 0 && decoded !== info.frames) {
    const { frames } = info;
    const what =
      decoded > frames ? `more than the announced ${frames}` : `only ${decoded} of ${frames}`;
    throw corruptAudio(bytes.name, `${what} samples per channel are there.`);
  }
}

/** The frame at the window's front, or undefined at the end of the audio. */
async function nextFrame(
  window: ByteWindow,
  info: StreamInfo,
  signal: AbortSignal | undefined,
  at: () => string,
): Promise<FlacFrame | undefined> {
  const { name } = window.source;
  for (let wanted = READ_AHEAD >> 2; ; wanted *= 4) {
    await window.ensure(wanted, signal);
    const available = window.bytes.length;
    if (available === 0 || (window.atEnd && isTag(window.bytes))) return undefined;
    try {
      return decodeFlacFrame(window.padded, available, info);
    } catch (error) {
      if (error instanceof FlacFrameError) {
        throw corruptAudio(name, `${error.message} ${at()}.`, error);
      }
      if (!(error instanceof OutOfBits)) throw error;
      if (window.atEnd) {
        const total = info.frames === 0 ? "" : ` of ${info.frames}`;
        throw new AudioError(
          "corrupt-audio",
          `${name} is damaged: it is cut short within a frame ${at()}${total}.`,
          "Get a complete copy.",
          { cause: error },
        );
      }
      if (wanted >= MAX_FRAME_BYTES) {
        throw corruptAudio(name, `a frame has no end ${at()}.`, error);
      }
    }
  }
}

/** An ID3v1 tag, which some programs append. */
function isTag(rest: Uint8Array): boolean {
  return rest.length === 128 && rest[0] === 0x54 && rest[1] === 0x41 && rest[2] === 0x47;
}

/** Checks that frame or sample numbers count up without a gap; a cut stream may begin with any number. */
class FrameOrder {
  #next: { readonly number: number; readonly numbered: FlacFrame["numbered"] } | undefined;

  follows({ number, numbered, channels }: FlacFrame): boolean {
    const next = this.#next;
    this.#next = { number: number + (numbered === "frames" ? 1 : channels[0].length), numbered };
    return !next || (next.number === number && next.numbered === numbered);
  }
}
