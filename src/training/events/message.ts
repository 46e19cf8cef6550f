/** Writes protocol buffers, the few kinds of fields that event files need. */

/** One field of a message, encoded. */
export type FieldBytes = Uint8Array;

/** A message is its fields, one behind the other. */
export function join(fields: readonly FieldBytes[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(fields.reduce((sum, field) => sum + field.length, 0));
  let at = 0;
  for (const field of fields) {
    out.set(field, at);
    at += field.length;
  }
  return out;
}

/** A whole number from 0. */
export function integer(field: number, value: number): FieldBytes {
  return Uint8Array.from([...varint(field * 8), ...varint(value)]);
}

export function double(field: number, value: number): FieldBytes {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return join([Uint8Array.from(varint(field * 8 + 1)), bytes]);
}

export function float(field: number, value: number): FieldBytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return join([Uint8Array.from(varint(field * 8 + 5)), bytes]);
}

/** Bytes, or a message inside of a message. */
export function bytes(field: number, value: Uint8Array): FieldBytes {
  return join([Uint8Array.from([...varint(field * 8 + 2), ...varint(value.length)]), value]);
}

export function text(field: number, value: string): FieldBytes {
  return bytes(field, new TextEncoder().encode(value));
}

function varint(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128);
  out.push(rest);
  return out;
}
