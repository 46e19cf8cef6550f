/** Sum and product of two arrays, the smaller repeated along axes of size 1 (broadcast as in ONNX). */
import type { NoAttributes, NumericArray, OpDefinition } from "../op.ts";
import { type Dim, elements, formatDim, sameDim } from "../shape.ts";

function binary(
  onnxName: string,
  apply: (a: number, b: number) => number,
): OpDefinition<NoAttributes> {
  return {
    inputs: ["a", "b"],

    shape([a, b], _, reject) {
      const rank = Math.max(a.length, b.length);
      return Array.from({ length: rank }, (_, axis): Dim => {
        const left = a[axis - rank + a.length] ?? 1;
        const right = b[axis - rank + b.length] ?? 1;
        if (left === 1 || sameDim(left, right)) return right;
        if (right === 1) return left;
        return reject(`axis ${axis} is ${formatDim(left)} in a and ${formatDim(right)} in b`);
      });
    },

    evaluate([a, b], _, shape) {
      const data = new Float64Array(elements(shape));
      const left = repeated(a, shape);
      const right = repeated(b, shape);
      for (let i = 0; i < data.length; i++) data[i] = apply(left(i), right(i));
      return { shape, data };
    },

    lower({ inputs, output }, _, onnx) {
      onnx.node(onnxName, inputs, {}, output);
    },
  };
}

/** Reads `array` as if it had the larger `shape`. */
function repeated(array: NumericArray, shape: readonly number[]): (index: number) => number {
  const missing = shape.length - array.shape.length;
  return (index) => {
    let offset = 0;
    let stride = 1;
    let rest = index;
    for (let axis = shape.length - 1; axis >= missing; axis--) {
      const size = array.shape[axis - missing];
      const at = rest % shape[axis];
      rest = Math.floor(rest / shape[axis]);
      if (size !== 1) offset += at * stride;
      stride *= size;
    }
    return array.data[offset];
  };
}

/** a + b. */
export const add = binary("Add", (a, b) => a + b);

/** a · b. */
export const mul = binary("Mul", (a, b) => a * b);
