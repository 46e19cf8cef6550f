/** Pages, of which an Ogg file is made. (RFC 3533, section 6.) */

import { crc32Ogg } from "../../bytes/crc.ts";
import { type ByteSource, ByteWindow, readBytes } from "../bytes.ts";
import type { NoticeLog } from "../notices.ts";
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
  /** What is wrong with the bytes before it. */
  readonly damage?: string;
}

/** What is wrong with the end of a file: its last page is cut, or damaged. */
export interface BadEnd {
  readonly kind: "cut-short" | "hole";
  readonly reason: string;
}

const HEAD_BYTES = 27;
/** The longest page there can be. */
const MAX_PAGE = HEAD_BYTES + 255 + 255 * 255;
const READ_AHEAD = 1 << 17;

/** Reads the pages of a file, whatever streams they belong to. */
export class PageReader {
  readonly #window: ByteWindow;
  readonly #log: NoticeLog;
  #next: OggPage | undefined;
  #ending: BadEnd | undefined;

  constructor(bytes: ByteSource, start: number, log: NoticeLog) {
    this.#window = new ByteWindow(bytes, start, READ_AHEAD);
    this.#log = log;
  }

  /** What is wrong with the file's last page, if something is; known once the end has been reached. */
  get ending(): BadEnd | undefined {
    return this.#ending;
  }

  get name(): string {
    return this.#window.source.name;
  }

  /**
   * The next page, without taking it; undefined at the end.
   * @throws AudioError "corrupt-audio" as the log has it.
   */
  async peek(signal?: AbortSignal): Promise<OggPage | undefined> {
    this.#next ??= await this.#read(signal);
    return this.#next;
  }

  /** Passes over the page that was peeked at. */
  skip(): void {
    this.#next = undefined;
  }

  /** The next whole page. Bytes that are none are passed over, which the page tells. */
  async #read(signal: AbortSignal | undefined): Promise<OggPage | undefined> {
    const window = this.#window;
    let damage: string | undefined;
    let fault: keyof typeof pageFaults | undefined;
    let from = window.position;
    for (;;) {
      await window.ensure(MAX_PAGE, signal);
      if (window.atEnd && isTrailer(window.bytes)) break;
      const found = parsePage(window.bytes, window.position);
      if (typeof found === "object") {
        window.advance(found.length);
        return damage === undefined ? found.page : { ...found.page, damage };
      }
      if (damage === undefined) {
        damage = `${pageFaults[found]} at byte ${window.position}`;
        from = window.position;
        fault = found;
      }
      window.advance(1);
      this.#seek();
    }
    if (damage === undefined) return undefined;
    if (fault === "cut") this.#ending = { kind: "cut-short", reason: damage };
    else if (fault === "checksum") this.#ending = { kind: "hole", reason: damage };
    else this.#log.add({ kind: "unread", position: from, bytes: window.source.size - from });
    return undefined;
  }

  /** Advances to the next bytes that may begin a page. */
  #seek(): void {
    const { bytes } = this.#window;
    let at = 0;
    while (at < bytes.length && !(bytes[at] === 0x4f && (bytes[at + 1] ?? 0x67) === 0x67)) at++;
    this.#window.advance(at);
  }
}

const pageFaults = {
  none: "no Ogg page begins",
  cut: "there is no whole Ogg page",
  checksum: "the checksum is wrong of the Ogg page",
  version: "an Ogg page of an unknown version begins",
} as const;

/** The page that these bytes begin with, or what is wrong with it. */
function parsePage(
  bytes: Uint8Array,
  position: number,
): { readonly page: OggPage; readonly length: number } | keyof typeof pageFaults {
  if (String.fromCharCode(...bytes.subarray(0, 4)) !== "OggS") return "none";
  const head = bytes.subarray(0, HEAD_BYTES);
  const lacing = bytes.slice(HEAD_BYTES, HEAD_BYTES + head[26]);
  const length = HEAD_BYTES + lacing.length + lacing.reduce((sum, part) => sum + part, 0);
  if (head.length < HEAD_BYTES || lacing.length < head[26] || length > bytes.length) return "cut";
  const body = bytes.slice(HEAD_BYTES + lacing.length, length);
  const view = new DataView(head.buffer, head.byteOffset, HEAD_BYTES);
  const sum = crc32Ogg(body, crc32Ogg(lacing, crc32Ogg(withoutSum(head))));
  if (sum !== view.getUint32(22, true)) return "checksum";
  if (head[4] !== 0) return "version";
  const granule = Number(view.getBigInt64(6, true));
  const page = {
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
  return { page, length };
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
