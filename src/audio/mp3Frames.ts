/** Cuts an MP3 file into whole frames, across tags, joins and, where that is allowed, holes. */
import type { ByteWindow } from "./bytes.ts";
import {
  hasVbriTag,
  type Mp3Header,
  type Mp3Tag,
  readMp3Header,
  readMp3Tag,
  readReservoir,
  sameStream,
} from "./mp3Header.ts";
import type { NoticeLog } from "./notices.ts";
import { UnsupportedFormat } from "./streamedSource.ts";
import { isTrailer, tagLength } from "./trailer.ts";

/** Frames that have to follow one another for bytes to be called MP3. */
export const PROOF_FRAMES = 3;
/** Longer than any frame. */
export const FRAME_ROOM = 4096;
/** Frames decoded at a time. */
const BATCH = 16;

/** What comes next in the file. */
export type Mp3Piece =
  /** Whole frames of so many channels. */
  | {
      readonly kind: "frames";
      readonly bytes: Uint8Array;
      readonly frames: number;
      readonly channels: 1 | 2;
    }
  /** What an encoder wrote in one go begins here. */
  | { readonly kind: "part"; readonly tag: Mp3Tag | undefined }
  /** So many frames are missing. */
  | { readonly kind: "hole"; readonly frames: number; readonly reason: string };

/** Whether frames follow one another from here on. */
export function isMp3Stream({ bytes, atEnd }: ByteWindow, at: number): boolean {
  const first = readMp3Header(bytes, at);
  if (!first) return false;
  for (let count = 0; count < PROOF_FRAMES; count++) {
    // A short file may end before it is proved, but then with the end of a frame or with a tag.
    if (
      count > 0 &&
      (tagLength(bytes.subarray(at)) > 0 || (atEnd && isTrailer(bytes.subarray(at))))
    )
      return true;
    const header = readMp3Header(bytes, at);
    if (!header || !sameStream(header, first) || header.channels !== first.channels) return false;
    at += header.frameBytes;
  }
  return true;
}

/** The frames of a part, as they are counted. */
interface Part {
  readonly tag: Mp3Tag | undefined;
  /** Frames of audio, those in holes too. */
  frames: number;
  /** Bytes, the tag's frame included. */
  bytes: number;
  /** Bytes of the bit reservoir that no frame has used; undefined before the first frame. */
  reservoir: number | undefined;
  /** Where a frame wanted more of the reservoir than there was. */
  torn: string | undefined;
}

/** Walks through a file from its first frame on. */
export class Mp3Walk {
  readonly #window: ByteWindow;
  readonly #first: Mp3Header;
  readonly #log: NoticeLog;
  readonly #signal: AbortSignal | undefined;
  #part: Part = newPart(undefined, 0);
  /** Frames of all parts so far, and their bytes. */
  #frames = 0;
  #bytes = 0;

  constructor(
    window: ByteWindow,
    first: Mp3Header,
    log: NoticeLog,
    signal: AbortSignal | undefined,
  ) {
    this.#window = window;
    this.#first = first;
    this.#log = log;
    this.#signal = signal;
  }

  get #seconds(): number {
    return (this.#frames * this.#first.frameSamples) / this.#first.sampleRate;
  }

  get #place(): string {
    return `after ${this.#seconds.toFixed(1)} s (byte ${this.#window.position})`;
  }

  /** All pieces. What may not be passed over is thrown where it stands. */
  async *pieces(): AsyncGenerator<Mp3Piece, void, void> {
    for (;;) {
      await this.#window.ensure(BATCH * FRAME_ROOM, this.#signal);
      const piece = this.#batch() ?? this.#boundary() ?? (await this.#passOver());
      if (piece === "end") break;
      if (piece === "passed") continue;
      yield piece;
    }
    this.#endPart();
  }

  /** The frames at the window's front, of one part and as many channels each. */
  #batch(): Mp3Piece | undefined {
    const window = this.#window;
    const part = this.#part;
    let length = 0;
    let frames = 0;
    let channels: 1 | 2 | undefined;
    while (frames < BATCH && !isComplete(part)) {
      const rest = window.bytes.subarray(length);
      const header = readMp3Header(rest);
      if (!header || !sameStream(header, this.#first) || header.frameBytes > rest.length) break;
      channels ??= header.channels;
      const frame = rest.subarray(0, header.frameBytes);
      if (channels !== header.channels || isTagFrame(frame, header)) break;
      this.#follow(part, frame, header, window.position + length);
      length += header.frameBytes;
      frames++;
      part.frames++;
      part.bytes += header.frameBytes;
    }
    if (frames === 0 || channels === undefined) return undefined;
    const bytes = window.bytes.slice(0, length);
    this.#advance(length, frames);
    return { kind: "frames", bytes, frames, channels };
  }

  /** The frames' bytes have been used. */
  #advance(length: number, frames: number): void {
    this.#window.advance(length);
    this.#frames += frames;
    this.#bytes += length;
  }

  /** Keeps the books of the bit reservoir: a frame that wants more of it than there is has lost the one before it. */
  #follow(part: Part, frame: Uint8Array, header: Mp3Header, position: number): void {
    const { begin, length, room } = readReservoir(frame, header);
    const held = part.reservoir;
    if (held !== undefined && begin > held) {
      part.torn ??= `frames are missing before byte ${position}`;
    }
    part.reservoir = Math.max(0, Math.min(held ?? begin, begin) + room - length);
  }

  /** A part that begins here: with a tag's frame, or after all the frames that the tag before promised. */
  #boundary(): Mp3Piece | undefined {
    const window = this.#window;
    const header = readMp3Header(window.bytes);
    if (!header || !sameStream(header, this.#first)) return undefined;
    if (header.frameBytes > window.bytes.length) return undefined;
    const frame = window.bytes.subarray(0, header.frameBytes);
    const tag = readMp3Tag(frame, header);
    const isTag = isTagFrame(frame, header);
    if (!isTag && !isComplete(this.#part)) return undefined;
    this.#endPart();
    this.#part = newPart(tag, isTag ? frame.length : 0);
    if (isTag) window.advance(frame.length);
    return { kind: "part", tag };
  }

  /** Tags, the end, or bytes that are no frames: is it the end, or a hole? */
  async #passOver(): Promise<Mp3Piece | "end" | "passed"> {
    const window = this.#window;
    if (window.bytes.length === 0 || (window.atEnd && isTrailer(window.bytes))) {
      window.advance(window.bytes.length);
      return "end";
    }
    const tag = tagLength(window.bytes);
    if (tag > 0) {
      await this.#skip(tag);
      return "passed";
    }
    const { position } = window;
    const header = readMp3Header(window.bytes);
    const isCut =
      header && sameStream(header, this.#first) && header.frameBytes > window.bytes.length;
    if (header && !sameStream(header, this.#first) && isMp3Stream(window, 0)) {
      const [from, to] = [this.#first, header].map(({ sampleRate }) => sampleRate);
      const what = `an MP3 file that changes from ${from} to ${to} Hz ${this.#place}`;
      throw new UnsupportedFormat(window.source.name, what);
    }
    const reason = `no frame begins (byte ${position})`;
    if (await this.#search()) {
      const mean = this.#frames > 0 ? this.#bytes / this.#frames : this.#first.frameBytes;
      const frames = Math.max(1, Math.round((window.position - position) / mean));
      this.#part.frames += frames;
      this.#part.bytes += window.position - position;
      this.#part.reservoir = undefined;
      const silence = (frames * this.#first.frameSamples) / this.#first.sampleRate;
      this.#log.add({ kind: "hole", seconds: this.#seconds, silence, reason });
      this.#frames += frames;
      this.#bytes += window.position - position;
      return { kind: "hole", frames, reason };
    }
    const bytes = window.source.size - position;
    if (isCut) {
      const reason = `its last frame is not whole (byte ${position})`;
      this.#log.add({ kind: "cut-short", seconds: this.#seconds, reason });
    } else this.#log.add({ kind: "unread", position, bytes });
    return "end";
  }

  async #skip(length: number): Promise<void> {
    const window = this.#window;
    for (let left = length; left > 0; ) {
      await window.ensure(1, this.#signal);
      const step = Math.min(left, window.bytes.length);
      if (step === 0) return;
      window.advance(step);
      left -= step;
    }
  }

  /** Advances to where frames follow one another again; to the end of the file if they do not. */
  async #search(): Promise<boolean> {
    const window = this.#window;
    do {
      window.advance(1);
      await window.ensure((PROOF_FRAMES + 1) * FRAME_ROOM, this.#signal);
      const next = window.bytes.indexOf(0xff);
      window.advance(next < 0 ? window.bytes.length : next);
      await window.ensure((PROOF_FRAMES + 1) * FRAME_ROOM, this.#signal);
      const header = readMp3Header(window.bytes);
      if (header && sameStream(header, this.#first) && isMp3Stream(window, 0)) return true;
    } while (window.bytes.length > 0);
    return false;
  }

  /** Compares what came with what the part's tag announced. */
  #endPart(): void {
    const { tag, frames, bytes, torn } = this.#part;
    if (tag?.frames === undefined || frames === tag.frames) return;
    const { frameSamples } = this.#first;
    const countsItself =
      frames + 1 === tag.frames && (tag.bytes === undefined || bytes >= tag.bytes);
    // Some encoders count the tag's own frame; those that tell their gaps do not.
    if (countsItself && !tag.gap) return;
    const [claimed, found] = [tag.frames, frames].map((count) => count * frameSamples);
    if (torn && found < claimed) {
      this.#log.add({ kind: "hole", seconds: this.#seconds, silence: 0, reason: torn });
    } else if (found > claimed || countsItself) {
      this.#log.add({ kind: "wrong-length", claimed, found });
    } else if (!this.#log.notices.some(({ kind }) => kind === "hole" || kind === "cut-short")) {
      const reason = `${frames} frames are there and ${tag.frames} announced`;
      this.#log.add({ kind: "cut-short", seconds: this.#seconds, reason });
    }
  }
}

function newPart(tag: Mp3Tag | undefined, bytes: number): Part {
  return { tag, frames: 0, bytes, reservoir: undefined, torn: undefined };
}

/** Whether all that the part's tag promises has come. */
function isComplete({ tag, frames, bytes }: Part): boolean {
  return tag?.frames !== undefined && tag.frames === frames && tag.bytes === bytes;
}

function isTagFrame(frame: Uint8Array, header: Mp3Header): boolean {
  return readMp3Tag(frame, header) !== undefined || hasVbriTag(frame);
}
