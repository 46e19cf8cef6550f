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
 * A tensor made from its row-major bytes. It keeps those of F16, where they lie at an even place; no others.
 *
 * `bytes` must hold exactly the elements of `shape`. Assumes a little-endian machine, as all that run
 * JavaScript engines of today are.
 */
export function decodeTensor(
  format: StorageFormat,
  bytes: Uint8Array,
  shape: readonly number[],
): Tensor {
  if (format === "F16") return halfTensor(bytes, shape);
  const buffer = new Uint8Array(bytes).buffer;
  switch (format) {
    case "BF16":
      return { dtype: "f32", shape, data: widenBfloat(new Uint16Array(buffer)) };
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

function halfTensor(bytes: Uint8Array, shape: readonly number[]): Tensor {
  const own = bytes.byteOffset % 2 === 0 ? bytes : new Uint8Array(bytes);
  const halves = new Uint16Array(own.buffer, own.byteOffset, own.byteLength / 2);
  return {
    dtype: "f32",
    shape,
    halves,
    // A property of its own: copies that are sent to threads have it too.
    get data() {
      return widenHalf(halves);
    },
  };
}
