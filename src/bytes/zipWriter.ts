/**
 * Zip archives as they are written: stored entries one after the other, of any number and size together (zip64 where it
 * is needed). For files that do not shrink. The same files give the same bytes: all are of 1 January 1980.
 */
import { crc32 } from "./crc.ts";
import { joinedBytes } from "./joinedBytes.ts";

const SMALL = 0xffffffff;
const FEW = 0xffff;
/** 1 January 1980, midnight. */
const [DATE, TIME] = [0x21, 0];
/** Names are UTF-8. */
const FLAGS = 0x800;

interface Entry {
  readonly name: Uint8Array;
  readonly crc: number;
  readonly size: number;
  readonly offset: number;
}

/** What comes next in the archive's bytes. */
export class ZipWriter {
  readonly #entries: Entry[] = [];
  readonly #small: number;
  #offset = 0;

  /** @param small largest offset that is written in 32 bits; another one is for tests. */
  constructor(small = SMALL) {
    this.#small = small;
  }

  /** What stands before a file's bytes. @param name with / between folders; @param bytes under 4 GB. */
  begin(name: string, bytes: Uint8Array): Uint8Array {
    const entry = {
      name: new TextEncoder().encode(name),
      crc: crc32(bytes),
      size: bytes.length,
      offset: this.#offset,
    };
    this.#entries.push(entry);
    const header = fieldsOf([
      [4, 0x04034b50],
      [2, 20],
      ...shared(entry),
      [2, entry.name.length],
      [2, 0],
    ]);
    this.#offset += header.length + entry.name.length + bytes.length;
    return joinedBytes([header, entry.name]);
  }

  /** What stands at the archive's end: its directory. */
  end(): Uint8Array {
    const rows = this.#entries.flatMap((entry) => {
      const far = entry.offset > this.#small;
      const header = fieldsOf([
        [4, 0x02014b50],
        [2, 45],
        [2, far ? 45 : 20],
        ...shared(entry),
        [2, entry.name.length],
        [2, far ? 12 : 0],
        [2, 0],
        [2, 0],
        [2, 0],
        [4, 0],
        [4, far ? SMALL : entry.offset],
      ]);
      const extra: Field[] = [
        [2, 1],
        [2, 8],
        [8, entry.offset],
      ];
      return [header, entry.name, ...(far ? [fieldsOf(extra)] : [])];
    });
    const directory = joinedBytes(rows);
    const count = this.#entries.length;
    const start = this.#offset;
    const large = start > this.#small || count > FEW;
    const end64: Field[] = [
      [4, 0x06064b50],
      [8, 44],
      [2, 45],
      [2, 45],
      [4, 0],
      [4, 0],
      [8, count],
      [8, count],
      [8, directory.length],
      [8, start],
      [4, 0x07064b50],
      [4, 0],
      [8, start + directory.length],
      [4, 1],
    ];
    const end: Field[] = [
      [4, 0x06054b50],
      [2, 0],
      [2, 0],
      [2, large ? FEW : count],
      [2, large ? FEW : count],
      [4, Math.min(SMALL, directory.length)],
      [4, large ? SMALL : start],
      [2, 0],
    ];
    return joinedBytes([directory, ...(large ? [fieldsOf(end64)] : []), fieldsOf(end)]);
  }
}

/** A whole number, and in how many bytes it stands, the lowest first. */
type Field = readonly [bytes: 2 | 4 | 8, value: number];

/** Flags, method (stored), time, checksum, sizes. */
function shared({ crc, size }: Entry): readonly Field[] {
  return [
    [2, FLAGS],
    [2, 0],
    [2, TIME],
    [2, DATE],
    [4, crc],
    [4, size],
    [4, size],
  ];
}

function fieldsOf(fields: readonly Field[]): Uint8Array {
  const out = new Uint8Array(fields.reduce((sum, [bytes]) => sum + bytes, 0));
  let at = 0;
  for (const [bytes, value] of fields) {
    let rest = value;
    for (let i = 0; i < bytes; i++) {
      out[at++] = rest % 256;
      rest = Math.floor(rest / 256);
    }
  }
  return out;
}
