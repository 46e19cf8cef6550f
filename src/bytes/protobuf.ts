/**
 * Writes protocol buffers: a tree of fields is measured first, then written into one array of
 * exactly that size, so that large weights are copied once and nothing is ever joined.
 */

/** One field of a message. Made by the functions below; its size is known from the start. */
export interface Field {
  /** Bytes of the field with its key. */
  readonly size: number;
  write(out: Cursor): void;
}

/** Where the next byte goes. */
export class Cursor {
  readonly bytes: Uint8Array<ArrayBuffer>;
  position = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
  }

  /** A whole number from 0 to 2^53 − 1. */
  varint(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.bytes[this.position++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.bytes[this.position++] = rest;
  }

  /** A negative one, as 64 bits in two's complement. */
  negative(value: number): void {
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest > 0x7fn) {
      this.bytes[this.position++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.bytes[this.position++] = Number(rest);
  }
}

const varintType = 0;
const fixed64Type = 1;
const lengthType = 2;
const fixed32Type = 5;

/** Of any negative number: its highest bit is set. */
const NEGATIVE_BYTES = 10;

/** An integer (int64, int32, enum or bool), of at most 53 bits. */
export function integer(field: number, value: number): Field {
  const key = keyOf(field, varintType);
  return {
    size: varintSize(key) + (value < 0 ? NEGATIVE_BYTES : varintSize(value)),
    write(out) {
      out.varint(key);
      if (value < 0) out.negative(value);
      else out.varint(value);
    },
  };
}

/** A 32-bit float. */
export function float(field: number, value: number): Field {
  return fixed(field, fixed32Type, 4, (view, at) => view.setFloat32(at, value, true));
}

/** A 64-bit float. */
export function double(field: number, value: number): Field {
  return fixed(field, fixed64Type, 8, (view, at) => view.setFloat64(at, value, true));
}

/** Bytes of a known length, asked for when they are written. */
export function bytes(field: number, length: number, read: () => Uint8Array): Field {
  return delimited(field, length, (out) => {
    out.bytes.set(read(), out.position);
    out.position += length;
  });
}

const encoder = new TextEncoder();

/** A string. */
export function text(field: number, value: string): Field {
  const encoded = encoder.encode(value);
  return bytes(field, encoded.length, () => encoded);
}

/** A message inside of a message. */
export function message(field: number, fields: readonly Field[]): Field {
  return delimited(field, sizeOf(fields), (out) => {
    for (const inner of fields) inner.write(out);
  });
}

/** The bytes of a whole message. */
export function encode(fields: readonly Field[]): Uint8Array<ArrayBuffer> {
  const out = new Cursor(sizeOf(fields));
  for (const field of fields) field.write(out);
  return out.bytes;
}

function fixed(
  field: number,
  wireType: number,
  length: number,
  put: (view: DataView, at: number) => void,
): Field {
  const key = keyOf(field, wireType);
  return {
    size: varintSize(key) + length,
    write(out) {
      out.varint(key);
      put(new DataView(out.bytes.buffer), out.position);
      out.position += length;
    },
  };
}

function delimited(field: number, length: number, writeContent: (out: Cursor) => void): Field {
  const key = keyOf(field, lengthType);
  return {
    size: varintSize(key) + varintSize(length) + length,
    write(out) {
      out.varint(key);
      out.varint(length);
      writeContent(out);
    },
  };
}

function sizeOf(fields: readonly Field[]): number {
  return fields.reduce((sum, field) => sum + field.size, 0);
}

function keyOf(field: number, wireType: number): number {
  return field * 8 + wireType;
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 0x80)) size++;
  return size;
}
