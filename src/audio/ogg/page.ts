/** Pages, of which an Ogg file is made. (RFC 3533, section 6.) */

import { crc32Ogg } from "../../bytes/crc.ts";
import { type ByteSource, ByteWindow, readBytes } from "../bytes.ts";
import { corruptAudio } from "../streamedSource.ts";
import { isTrailer } from "../trailer.ts";

export interface OggPage {
  /** Of its first byte. */
  readonly position: number;
  /** Tells the streams of a file apart. */
  readonly serial: number;
  /** Counts the pages of a stream. */
  readonly sequence: number;
  /** It begins with the rest of a packet. */
  readonly continues: boolean;
  /** It is a stream's first page, or its last. */
  readonly begins: boolean;
  readonly ends: boolean;
  /** Where the last packet that is completed here ends, by the codec's measure; undefined if none is. */
  readonly granule: number | undefined;
  /** Lengths of the pieces of the body; a packet ends with the first that is not 255. */
  readonly lacing: Uint8Array;
  readonly body: Uint8Array;
}

const HEAD_BYTES = 27;
/** The longest page there can be. */
const MAX_PAGE = HEAD_BYTES + 255 + 255 * 255;
const READ_AHEAD = 1 << 17;

/** Reads the pages of a file, whatever streams they belong to. */
export class PageReader {
  readonly #window: ByteWindow;
  #next: OggPage | undefined;

  constructor(bytes: ByteSource, start: number) {
    this.#window = new ByteWindow(bytes, start, READ_AHEAD);
  }

  get name(): string {
    return this.#window.source.name;
  }

  /**
   * The next page, without taking it; undefined at the end.
   * @throws AudioError "corrupt-audio".
   */
  async peek(signal?: AbortSignal): Promise<OggPage | undefined> {
    this.#next ??= await this.#read(signal);
    return this.#next;
  }

  /** Passes over the page that was peeked at. */
  skip(): void {
    this.#next = undefined;
  }

  async #read(signal: AbortSignal | undefined): Promise<OggPage | undefined> {
    const window = this.#window;
    const { position } = window;
    await window.ensure(MAX_PAGE, signal);
    const { bytes } = window;
    if (String.fromCharCode(...bytes.subarray(0, 4)) !== "OggS") {
      if (window.atEnd && isTrailer(bytes)) return undefined;
      throw corruptAudio(this.name, `no Ogg page begins at byte ${position}.`);
    }
    const head = bytes.subarray(0, HEAD_BYTES);
    const lacing = bytes.slice(HEAD_BYTES, HEAD_BYTES + head[26]);
    const length = HEAD_BYTES + lacing.length + lacing.reduce((sum, part) => sum + part, 0);
    if (head.length < HEAD_BYTES || lacing.length < head[26] || length > bytes.length) {
      throw corruptAudio(this.name, `it is cut short within the Ogg page at byte ${position}.`);
    }
    const body = bytes.slice(HEAD_BYTES + lacing.length, length);
    const view = new DataView(head.buffer, head.byteOffset, HEAD_BYTES);
    const claimed = view.getUint32(22, true);
    const sum = crc32Ogg(body, crc32Ogg(lacing, crc32Ogg(withoutSum(head))));
    if (sum !== claimed) {
      throw corruptAudio(this.name, `the checksum of the Ogg page at byte ${position} is wrong.`);
    }
    if (head[4] !== 0) {
      throw corruptAudio(this.name, `the Ogg page at byte ${position} is of version ${head[4]}.`);
    }
    window.advance(length);
    const granule = Number(view.getBigInt64(6, true));
    return {
      position,
      serial: view.getUint32(14, true),
      sequence: view.getUint32(18, true),
      continues: (head[5] & 1) !== 0,
      begins: (head[5] & 2) !== 0,
      ends: (head[5] & 4) !== 0,
      granule: granule === -1 ? undefined : granule,
      lacing,
      body,
    };
  }
}

/** The head as the checksum sees it: with zeros in its own place. */
function withoutSum(head: Uint8Array): Uint8Array {
  const copy = head.slice();
  copy.fill(0, 22, 26);
  return copy;
}

/**
 * The granule position at which a stream ends, from its last page if that is the last but a few in the file; unchecked,
 * so good for an estimate only.
 */
export async function lastGranule(bytes: ByteSource, serial: number): Promise<number | undefined> {
  const tail = await readBytes(bytes, Math.max(0, bytes.size - 2 * MAX_PAGE), 2 * MAX_PAGE);
  const view = new DataView(tail.buffer, tail.byteOffset, tail.length);
  for (let at = tail.length - HEAD_BYTES; at >= 0; at--) {
    const isPage = view.getUint32(at) === 0x4f676753 && view.getUint32(at + 14, true) === serial;
    const granule = isPage ? Number(view.getBigInt64(at + 6, true)) : -1;
    if (granule > 0) return granule;
  }
  return undefined;
}
