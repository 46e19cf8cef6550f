/** Brings the elements of a strided view into row-major order. */
import { elementCount } from "./tensor.ts";

/**
 * Row-major bytes of the view with this offset, shape and strides (all in elements) of `source`.
 *
 * A view of `source` where the elements already lie so. The caller has checked that the view stays inside.
 */
export function toRowMajor(
  source: Uint8Array,
  itemSize: number,
  offset: number,
  shape: readonly number[],
  stride: readonly number[],
): Uint8Array {
  const count = elementCount(shape);
  if (isRowMajor(shape, stride)) {
    return source.subarray(offset * itemSize, (offset + count) * itemSize);
  }
  const out = new Uint8Array(count * itemSize);
  const last = shape.length - 1;
  const rowLength = shape[last];
  const rowStep = stride[last] * itemSize;
  const index = new Array<number>(last).fill(0);
  let rowStart = offset * itemSize;
  for (let to = 0; to < out.length; ) {
    let from = rowStart;
    for (let i = 0; i < rowLength; i++) {
      for (let byte = 0; byte < itemSize; byte++) out[to++] = source[from + byte];
      from += rowStep;
    }
    // The next row: count up the outer axes like an odometer.
    for (let axis = last - 1; axis >= 0; axis--) {
      rowStart += stride[axis] * itemSize;
      if (++index[axis] < shape[axis]) break;
      rowStart -= shape[axis] * stride[axis] * itemSize;
      index[axis] = 0;
    }
  }
  return out;
}

/** True if the strides are those of a contiguous array; those of axes of length 1 do not matter. */
function isRowMajor(shape: readonly number[], stride: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && stride[axis] !== expected) return false;
    expected *= shape[axis];
  }
  return true;
}

/** Number of elements that `source` must have for the view to stay inside it. */
export function strideExtent(
  offset: number,
  shape: readonly number[],
  stride: readonly number[],
): number {
  if (shape.includes(0)) return offset;
  return shape.reduce((end, length, axis) => end + (length - 1) * stride[axis], offset + 1);
}
