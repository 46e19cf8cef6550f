/** For tests: takes Ogg files apart and puts them together again, with checksums that are right. */
import { crc32Ogg } from "../../bytes/crc.ts";

/** A page's bytes; fields are changed in place. */
export class Page {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    // No Buffer: its slices would share memory.
    this.bytes = new Uint8Array(bytes);
    this.#view = new DataView(this.bytes.buffer);
  }

  get granule(): number {
    return Number(this.#view.getBigInt64(6, true));
  }

  /** A copy with other fields. */
  with(fields: {
    readonly flags?: number;
    readonly granule?: number;
    readonly serial?: number;
    readonly sequence?: number;
  }): Page {
    const page = new Page(this.bytes);
    const view = page.#view;
    if (fields.flags !== undefined) view.setUint8(5, fields.flags);
    if (fields.granule !== undefined) view.setBigInt64(6, BigInt(fields.granule), true);
    if (fields.serial !== undefined) view.setUint32(14, fields.serial, true);
    if (fields.sequence !== undefined) view.setUint32(18, fields.sequence, true);
    return page;
  }
}

/** The bytes of all pages; damaged ones, and all after them, are left out. */
export function pagesOf(file: Uint8Array): Page[] {
  const pages: Page[] = [];
  for (let at = 0; at + 27 <= file.length; ) {
    const segments = file.subarray(at + 27, at + 27 + file[at + 26]);
    const end = at + 27 + segments.length + segments.reduce((sum, part) => sum + part, 0);
    if (file[at] !== 0x4f || end > file.length) break;
    pages.push(new Page(file.subarray(at, end)));
    at = end;
  }
  return pages;
}

/** A file of these pages, their checksums made right. */
export function fileOf(pages: readonly Page[]): Uint8Array {
  return Buffer.concat(pages.map(({ bytes }) => withChecksum(bytes)));
}

/** A page of these packets, each of fewer than 255 · 255 bytes; the last may go on on the next page. */
export function makePage(
  packets: readonly Uint8Array[],
  fields: Parameters<Page["with"]>[0],
  options: { readonly open?: boolean } = {},
): Page {
  const lacing = packets.flatMap((packet, i) => [
    ...new Array<number>(Math.floor(packet.length / 255)).fill(255),
    ...(options.open && i === packets.length - 1 ? [] : [packet.length % 255]),
  ]);
  const head = Buffer.alloc(27);
  head.write("OggS");
  head[26] = lacing.length;
  return new Page(Buffer.concat([head, Buffer.from(lacing), ...packets])).with(fields);
}

/** The same file with the checksums of all pages made right, as far as there are pages. */
export function repairOgg(file: Uint8Array): Uint8Array {
  const pages = pagesOf(file);
  const length = pages.reduce((sum, { bytes }) => sum + bytes.length, 0);
  return Buffer.concat([fileOf(pages), file.subarray(length)]);
}

function withChecksum(page: Uint8Array): Uint8Array {
  const copy = new Uint8Array(page);
  copy.fill(0, 22, 26);
  new DataView(copy.buffer).setUint32(22, crc32Ogg(copy), true);
  return copy;
}
