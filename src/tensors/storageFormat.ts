/** How the numbers of a tensor lie in a file (little-endian), and how they become a tensor. */
import { widenBfloat, widenHalf } from "./halfFloat.ts";
import type { Tensor } from "./tensor.ts";

/** Bytes of one element by format; the names are those of safetensors. */
export const itemSizes = {
  F16: 2,
  BF16: 2,
  F32: 4,
  F64: 8,
  I32: 4,
  I64: 8,
  U8: 1,
  BOOL: 1,
} as const;

export type StorageFormat = keyof typeof itemSizes;

export function isStorageFormat(name: unknown): name is StorageFormat {
  return typeof name === "string" && Object.hasOwn(itemSizes, name);
}

/**
 * A tensor made from its row-major bytes, which it does not keep.
 *
 * `bytes` must hold exactly the elements of `shape`. Assumes a little-endian machine, as all that run
 * JavaScript engines of today are.
 */
export function decodeTensor(
  format: StorageFormat,
  bytes: Uint8Array,
  shape: readonly number[],
): Tensor {
  if (format === "F16") return { dtype: "f32", shape, data: widenHalf(halves(bytes)) };
  if (format === "BF16") return { dtype: "f32", shape, data: widenBfloat(halves(bytes)) };
  const buffer = new Uint8Array(bytes).buffer;
  switch (format) {
    case "F32":
      return { dtype: "f32", shape, data: new Float32Array(buffer) };
    case "F64":
      return { dtype: "f64", shape, data: new Float64Array(buffer) };
    case "I32":
      return { dtype: "i32", shape, data: new Int32Array(buffer) };
    case "I64":
      return { dtype: "i64", shape, data: new BigInt64Array(buffer) };
    case "U8":
      return { dtype: "u8", shape, data: new Uint8Array(buffer) };
    case "BOOL":
      return { dtype: "bool", shape, data: new Uint8Array(buffer) };
  }
}

/** The bytes as pairs, without a copy where they lie at a whole place. */
function halves(bytes: Uint8Array): Uint16Array {
  const { buffer, byteOffset, byteLength } =
    bytes.byteOffset % 2 === 0 ? bytes : new Uint8Array(bytes);
  return new Uint16Array(buffer, byteOffset, byteLength / 2);
}
