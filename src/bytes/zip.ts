/**
 * Reads zip archives that are whole in memory: stored and deflated entries, zip64.
 *
 * Only the central directory is believed; every length in it is checked against the archive before
 * anything is read or allocated. Stored entries are views, not copies.
 */
import { inflateSync } from "fflate";
import { crc32 } from "./crc.ts";
import { quoted } from "./quoted.ts";

/** An archive that is damaged, encrypted or too large; `hint` says what to do, where more is known than "get it again". */
export class ZipError extends Error {
  override readonly name: string = "ZipError";
  readonly hint: string | undefined;

  constructor(message: string, hint?: string, cause?: unknown) {
    super(message, { cause });
    this.hint = hint;
  }
}

/** One file of an archive. */
export interface ZipEntry {
  readonly name: string;
  /** Uncompressed size in bytes. */
  readonly size: number;
  readonly storedSize: number;
  readonly method: "stored" | "deflated";
  readonly crc: number;
  /** Position of the local header. */
  readonly offset: number;
}

/** Largest sum of uncompressed sizes that is accepted, 512 MiB: eight times the largest published model. */
export const zipLimit = 2 ** 29;

/** Most entries of an archive. */
const mostEntries = 100_000;

const signatures = {
  local: 0x04034b50,
  entry: 0x02014b50,
  end: 0x06054b50,
  end64: 0x06064b50,
  locator64: 0x07064b50,
} as const;

/** True if `bytes` begin as a zip archive with at least one entry. */
export function looksLikeZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;
}

/**
 * The entries of an archive by name.
 *
 * @throws ZipError for a damaged, encrypted or oversized archive (see {@link zipLimit}).
 */
export function readZipDirectory(bytes: Uint8Array): ReadonlyMap<string, ZipEntry> {
  const view = viewOf(bytes);
  const { count, start, end } = findDirectory(view);
  if (count > mostEntries) throw new ZipError(`The zip archive claims ${count} entries.`);
  const entries = new Map<string, ZipEntry>();
  let position = start;
  let total = 0;
  for (let i = 0; i < count; i++) {
    if (position + 46 > end || view.getUint32(position, true) !== signatures.entry) {
      throw new ZipError(`Entry ${i} of ${count} in the zip directory is damaged.`);
    }
    const nameLength = view.getUint16(position + 28, true);
    const extraLength = view.getUint16(position + 30, true);
    const next = position + 46 + nameLength + extraLength + view.getUint16(position + 32, true);
    if (next > end) throw new ZipError(`Entry ${i} of ${count} in the zip directory is damaged.`);
    const entry = readEntry(view, position, nameLength, extraLength);
    if (entries.has(entry.name))
      throw new ZipError(`Zip entry ${quoted(entry.name)} stands twice.`);
    if (entry.offset + 30 + entry.storedSize > start) {
      throw new ZipError(`Zip entry ${quoted(entry.name)} reaches beyond the archive.`);
    }
    total += entry.size;
    if (total > zipLimit) {
      throw new ZipError(
        `The zip archive unpacks to more than ${zipLimit} bytes.`,
        "It was refused for safety.",
      );
    }
    entries.set(entry.name, entry);
    position = next;
  }
  return entries;
}

/**
 * The content of an entry, its checksum verified. A view of `bytes` where the entry is stored plainly.
 *
 * @throws ZipError if the content is not what the directory says.
 */
export function readZipEntry(bytes: Uint8Array, entry: ZipEntry): Uint8Array {
  const view = viewOf(bytes);
  const { name, offset, size, storedSize } = entry;
  if (view.getUint32(offset, true) !== signatures.local) {
    throw new ZipError(`Zip entry ${quoted(name)} has no local header.`);
  }
  const start = offset + 30 + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
  if (start + storedSize > bytes.length) {
    throw new ZipError(`Zip entry ${quoted(name)} reaches beyond the archive.`);
  }
  const stored = bytes.subarray(start, start + storedSize);
  const content = entry.method === "stored" ? stored : inflate(stored, entry);
  if (content.length !== size || crc32(content) !== entry.crc) {
    throw new ZipError(
      `Zip entry ${quoted(name)} does not have the size and checksum that it should.`,
    );
  }
  return content;
}

function inflate(stored: Uint8Array, { name, size, storedSize }: ZipEntry): Uint8Array {
  // Deflate cannot shrink by more than about 1032 times: a larger claim is a lie, and not worth the memory.
  if (size > 1100 * (storedSize + 1))
    throw new ZipError(`Zip entry ${quoted(name)} lies about its size.`);
  try {
    return inflateSync(stored, { out: new Uint8Array(size) });
  } catch (cause) {
    throw new ZipError(`Zip entry ${quoted(name)} cannot be inflated.`, undefined, cause);
  }
}

/** Finds the directory from the end of the archive; what is returned lies within `view`. */
function findDirectory(view: DataView): { count: number; start: number; end: number } {
  const last = view.byteLength - 22;
  for (let at = last; at >= Math.max(0, last - 0xffff); at--) {
    if (view.getUint32(at, true) !== signatures.end) continue;
    if (at + 22 + view.getUint16(at + 20, true) !== view.byteLength) continue;
    let count = view.getUint16(at + 10, true);
    let size = view.getUint32(at + 12, true);
    let start = view.getUint32(at + 16, true);
    if (at >= 20 && view.getUint32(at - 20, true) === signatures.locator64) {
      const at64 = safe(view.getBigUint64(at - 12, true));
      if (at64 + 56 > at || view.getUint32(at64, true) !== signatures.end64) {
        throw new ZipError("The zip64 directory is damaged.");
      }
      count = safe(view.getBigUint64(at64 + 32, true));
      size = safe(view.getBigUint64(at64 + 40, true));
      start = safe(view.getBigUint64(at64 + 48, true));
    }
    if (start + size > at) throw new ZipError("The zip directory reaches beyond the archive.");
    return { count, start, end: start + size };
  }
  throw new ZipError("The zip archive has no directory: it is cut short.");
}

function readEntry(view: DataView, at: number, nameLength: number, extraLength: number): ZipEntry {
  const name = new TextDecoder().decode(
    new Uint8Array(view.buffer, view.byteOffset + at + 46, nameLength),
  );
  if (view.getUint16(at + 8, true) & 1)
    throw new ZipError(`Zip entry ${quoted(name)} is encrypted.`);
  const methodCode = view.getUint16(at + 10, true);
  if (methodCode !== 0 && methodCode !== 8) {
    throw new ZipError(
      `Zip entry ${quoted(name)} is packed by method ${methodCode}, which is not supported.`,
    );
  }
  // Fields that are all ones stand, in this order, in the zip64 extra field instead.
  const wide = zip64Field(view, at + 46 + nameLength, extraLength);
  const field = (offset: number) => {
    const value = view.getUint32(at + offset, true);
    if (value !== 0xffffffff) return value;
    const next = wide.shift();
    if (next === undefined) throw new ZipError(`Zip entry ${quoted(name)} lacks its zip64 sizes.`);
    return next;
  };
  const size = field(24);
  const storedSize = field(20);
  const offset = field(42);
  const method = methodCode === 0 ? "stored" : "deflated";
  if (method === "stored" && size !== storedSize) {
    throw new ZipError(`Zip entry ${quoted(name)} is stored, but has two different sizes.`);
  }
  return { name, size, storedSize, method, crc: view.getUint32(at + 16, true), offset };
}

/** The 64-bit numbers of the extra field of kind 1, if there is one. */
function zip64Field(view: DataView, at: number, length: number): number[] {
  const end = at + length;
  while (at + 4 <= end) {
    const next = at + 4 + view.getUint16(at + 2, true);
    if (next > end) break;
    if (view.getUint16(at, true) === 1) {
      const numbers: number[] = [];
      for (let p = at + 4; p + 8 <= next; p += 8) numbers.push(safe(view.getBigUint64(p, true)));
      return numbers;
    }
    at = next;
  }
  return [];
}

function safe(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER))
    throw new ZipError(`The zip archive claims ${value} bytes.`);
  return Number(value);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
