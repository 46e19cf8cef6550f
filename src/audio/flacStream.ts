/** The frames of a FLAC file in their order, across joins, tags and, where that is allowed, holes. (RFC 9639.) */

import { crc16 } from "../bytes/crc.ts";
import { throwIfAborted } from "../errors.ts";
import { BitReader, OutOfBits } from "./bitReader.ts";
import { type ByteSource, ByteWindow, readBytes } from "./bytes.ts";
import { decodeFlacFrame, type FlacFrame, readFlacPlace } from "./flacFrame.ts";
import { type FlacMetadata, readFlacMetadata, type StreamInfo } from "./flacMetadata.ts";
import { FlacFrameError } from "./flacSubframe.ts";
import type { NoticeLog } from "./notices.ts";
import { corruptAudio, UnsupportedFormat } from "./streamedSource.ts";
import { id3v1Length, isTrailer, tagLength } from "./trailer.ts";

const READ_AHEAD = 1 << 18;
/** No frame is longer: 65536 samples of 8 channels of 33 bits, and room for wasteful residuals. */
const MAX_FRAME_BYTES = 1 << 23;
/** Room for the longest frame of common settings, and tags after it. */
const TAIL_BYTES = 1 << 18;
/** Places that are looked at, and how far. */
const [PROBES, PROBE_BYTES] = [9, 1 << 15];
/** Samples of silence in one block. */
const SILENCE = 1 << 16;
/** No hole is longer, seconds: a damaged number is likelier. */
const MAX_HOLE = 3600;

type Block = readonly Float32Array[];

/**
 * Whether the file's last frame is whole and ends where the stream information says, and no other stream of the same
 * length seems to be joined on.
 */
export async function flacEndsWhole(
  bytes: ByteSource,
  { info, audio }: FlacMetadata,
): Promise<boolean> {
  if (!(await placesRise(bytes, info, audio))) return false;
  const from = Math.max(0, bytes.size - TAIL_BYTES);
  const end = await readBytes(bytes, from, TAIL_BYTES);
  const tail = end.subarray(0, end.length - id3v1Length(end));
  for (let at = tail.length - 6; at >= 0; at--) {
    if (tail[at] !== 0xff || tail[at + 1] >>> 1 !== 0x7c) continue;
    const place = readFlacPlace(tail.subarray(at), info);
    if (!place) continue;
    // A last frame may be shorter than the others, which are equally long where frames are numbered.
    const begin = place.number * (place.numbered === "frames" ? info.blockSize : 1);
    if (begin + place.blockSize !== info.frames) continue;
    if (crc16(tail.subarray(at)) === 0) return true;
  }
  return false;
}

/** Whether frames that are looked at here and there are each further on than the one before. */
async function placesRise(bytes: ByteSource, info: StreamInfo, audio: number): Promise<boolean> {
  let last = -1;
  for (let i = 1; i < PROBES; i++) {
    const from = audio + Math.floor((i * (bytes.size - audio)) / PROBES);
    const piece = await readBytes(bytes, from, PROBE_BYTES);
    for (let at = 0; at + 6 < piece.length; at++) {
      if (piece[at] !== 0xff || piece[at + 1] >>> 1 !== 0x7c) continue;
      const place = readFlacPlace(piece.subarray(at), info);
      if (!place) continue;
      if (place.number < last) return false;
      last = place.number;
      break;
    }
  }
  return true;
}

/** All samples of the file, frame by frame. What may not be passed over is thrown where it stands. */
export async function* flacBlocks(
  bytes: ByteSource,
  first: FlacMetadata,
  log: NoticeLog,
  signal: AbortSignal | undefined,
): AsyncGenerator<Block, void, void> {
  const window = new ByteWindow(bytes, first.audio, READ_AHEAD, BitReader.PADDING);
  const stream = new FlacStream(window, first.info, log, signal);
  for (let metadata: FlacMetadata | undefined = first; metadata; ) {
    yield* stream.frames(metadata.info);
    metadata = await stream.nextMetadata();
  }
}

class FlacStream {
  readonly #window: ByteWindow;
  readonly #first: StreamInfo;
  readonly #log: NoticeLog;
  readonly #signal: AbortSignal | undefined;
  /** Samples per channel given so far. */
  #given = 0;
  /** Why the last frame could not be decoded. */
  #reason = "";

  constructor(
    window: ByteWindow,
    first: StreamInfo,
    log: NoticeLog,
    signal: AbortSignal | undefined,
  ) {
    this.#window = window;
    this.#first = first;
    this.#log = log;
    this.#signal = signal;
  }

  get #seconds(): number {
    return this.#given / this.#first.sampleRate;
  }

  /** The frames up to the next stream's mark, or to the end. */
  async *frames(info: StreamInfo): AsyncGenerator<Block, void, void> {
    const window = this.#window;
    const { channels } = info;
    /** Samples of a frame where frames are numbered: of all but the last. */
    let blockSize: number | undefined;
    /** Place of the next frame in the stream. */
    let next: number | undefined;
    let first: number | undefined;
    let damage: string | undefined;
    let decoded = 0;
    for (;;) {
      throwIfAborted(this.#signal);
      await this.#skipTags();
      if (window.bytes.length === 0 || isMark(window.bytes)) break;
      const frame = await this.#frame(info);
      if (!(typeof frame === "object")) {
        const { position } = window;
        const reason = `${this.#reason} (byte ${position})`;
        const isFrame =
          readFlacPlace(window.bytes, info) !== undefined ||
          (frame === "cut" && isFrameStart(window.bytes));
        if (await this.#search(info)) damage ??= reason;
        else if (!isFrame && (info.frames === 0 || decoded >= info.frames)) {
          this.#log.add({ kind: "unread", position, bytes: window.source.size - position });
        } else if (frame === "cut" && isFrame) {
          this.#log.add({ kind: "cut-short", seconds: this.#seconds, reason });
          return;
        } else damage ??= reason;
        continue;
      }
      const length = frame.channels[0].length;
      blockSize ??= length;
      const begin = frame.number * (frame.numbered === "frames" ? blockSize : 1);
      // A stream that was cut out of another may begin with any number.
      next ??= damage ? 0 : begin;
      first ??= next;
      if (damage || begin !== next) {
        const silent = silenceFor(begin - next, info);
        this.#hole(
          damage ?? `frames are missing or out of order (byte ${window.position})`,
          silent,
        );
        damage = undefined;
        yield* this.#silence(silent, channels);
        decoded += silent;
      }
      window.advance(frame.length);
      // A frame that was there already; but joined streams begin anew.
      if (begin < next && begin > 0) continue;
      next = begin + length;
      decoded += length;
      this.#given += length;
      yield frame.channels;
    }
    const missing = info.frames === 0 ? 0 : info.frames - decoded;
    if (missing < 0) {
      this.#log.add({ kind: "wrong-length", claimed: info.frames, found: decoded });
      return;
    }
    const reason = `only ${decoded} of ${info.frames} samples per channel are there`;
    if (missing > 0 && decoded === 0) throw corruptAudio(this.#log.name, `${reason}.`);
    const isCut = window.bytes.length === 0 && missing !== first;
    if (damage === undefined && missing > 0 && isCut) {
      this.#log.add({ kind: "cut-short", seconds: this.#seconds, reason });
    } else if (damage !== undefined || missing > 0) {
      const silent = missing === first ? 0 : silenceFor(missing, info);
      this.#hole(damage ?? reason, silent);
      yield* this.#silence(silent, channels);
    }
  }

  /** The metadata of a stream that was joined on, if there is one. */
  async nextMetadata(): Promise<FlacMetadata | undefined> {
    const window = this.#window;
    if (!isMark(window.bytes)) return undefined;
    const metadata = await readFlacMetadata(window.source, window.position);
    const { sampleRate, channels } = metadata.info;
    if (sampleRate !== this.#first.sampleRate || channels !== this.#first.channels) {
      throw new UnsupportedFormat(
        window.source.name,
        `a FLAC file that changes to ${channels} channels at ${sampleRate} Hz after ${this.#seconds.toFixed(1)} s`,
      );
    }
    const { position } = window;
    for (let left = metadata.audio - position; left > 0; ) {
      await window.ensure(1, this.#signal);
      const step = Math.min(left, window.bytes.length);
      if (step === 0) break;
      window.advance(step);
      left -= step;
    }
    return metadata;
  }

  /** Passes over tags between frames. */
  async #skipTags(): Promise<void> {
    const window = this.#window;
    for (;;) {
      await window.ensure(READ_AHEAD >> 2, this.#signal);
      if (window.atEnd && isTrailer(window.bytes)) window.advance(window.bytes.length);
      let left = tagLength(window.bytes);
      if (left === 0) return;
      while (left > 0 && window.bytes.length > 0) {
        const step = Math.min(left, window.bytes.length);
        window.advance(step);
        left -= step;
        await window.ensure(READ_AHEAD >> 2, this.#signal);
      }
    }
  }

  /** The frame at the window's front; "cut" if it reaches past the end, "junk" if there is none. */
  async #frame(info: StreamInfo): Promise<FlacFrame | "cut" | "junk"> {
    const window = this.#window;
    for (let wanted = READ_AHEAD >> 2; ; wanted *= 4) {
      await window.ensure(wanted, this.#signal);
      try {
        return decodeFlacFrame(window.padded, window.bytes.length, info);
      } catch (error) {
        if (error instanceof FlacFrameError) {
          this.#reason = error.message;
          return "junk";
        }
        if (!(error instanceof OutOfBits)) throw error;
        this.#reason = "a frame has no end";
        if (window.atEnd) return "cut";
        if (wanted >= MAX_FRAME_BYTES) return "junk";
      }
    }
  }

  /** Advances to the next place where a frame decodes; to the end if there is none. */
  async #search(info: StreamInfo): Promise<boolean> {
    const window = this.#window;
    window.advance(1);
    for (;;) {
      throwIfAborted(this.#signal);
      await window.ensure(READ_AHEAD >> 2, this.#signal);
      const { bytes } = window;
      let at = 0;
      while (at < bytes.length && bytes[at] !== 0xff && bytes[at] !== 0x66) at++;
      window.advance(at);
      if (window.bytes.length === 0) {
        if (window.atEnd) return false;
        continue;
      }
      if (isMark(window.bytes)) return true;
      const place = readFlacPlace(window.bytes, info);
      if (place && typeof (await this.#frame(info)) === "object") return true;
      window.advance(1);
    }
  }

  #hole(reason: string, silent: number): void {
    const silence = silent / this.#first.sampleRate;
    this.#log.add({ kind: "hole", seconds: this.#seconds, silence, reason });
  }

  *#silence(frames: number, channels: number): Generator<Block, void, void> {
    for (let left = frames; left > 0; left -= SILENCE) {
      const length = Math.min(left, SILENCE);
      this.#given += length;
      yield Array.from({ length: channels }, () => new Float32Array(length));
    }
  }
}

/** Samples of silence in place of those that are missing; none where their number is hard to believe. */
function silenceFor(missing: number, { sampleRate }: StreamInfo): number {
  return missing > 0 && missing < MAX_HOLE * sampleRate ? missing : 0;
}

/** Whether these bytes may be the beginning of a frame that is cut within its head. */
function isFrameStart(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && (bytes.length < 2 || bytes[1] >>> 1 === 0x7c);
}

function isMark(bytes: Uint8Array): boolean {
  return String.fromCharCode(...bytes.subarray(0, 4)) === "fLaC";
}
