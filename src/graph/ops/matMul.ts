/** Products of matrices, one for each index of the leading axes. */
import type { OpDefinition } from "../op.ts";
import { elements, sameDim, sameShape } from "../shape.ts";

export interface MatMulAttributes {
  /** Whether the last two axes of a operand change places first. */
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** a […, m, k] and b […, k, n] → […, m, n]; leading axes equal. Operands may be given transposed. */
export const matMul: OpDefinition<MatMulAttributes> = {
  inputs: ["a", "b"],

  shape([a, b], { transposeA, transposeB }, reject) {
    if (a.length < 2 || a.length !== b.length) reject("a and b must have the same 2 or more axes");
    const leading = a.slice(0, -2);
    if (!sameShape(leading, b.slice(0, -2))) reject("leading axes differ");
    const [m, k] = transposeA ? a.slice(-2).reverse() : a.slice(-2);
    const [inner, n] = transposeB ? b.slice(-2).reverse() : b.slice(-2);
    if (!sameDim(k, inner)) reject("the inner sizes differ");
    return [...leading, m, n];
  },

  evaluate([a, b], { transposeA, transposeB }, shape) {
    const data = new Float64Array(elements(shape));
    const [m, n] = shape.slice(-2);
    const k = a.shape[a.shape.length - (transposeA ? 2 : 1)];
    const [aRow, aColumn] = transposeA ? [1, m] : [k, 1];
    const [bRow, bColumn] = transposeB ? [1, k] : [n, 1];
    for (let batch = 0; batch * m * n < data.length; batch++) {
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let l = 0; l < k; l++) {
            const left = a.data[batch * m * k + i * aRow + l * aColumn];
            sum += left * b.data[batch * k * n + l * bRow + j * bColumn];
          }
          data[(batch * m + i) * n + j] = sum;
        }
      }
    }
    return { shape, data };
  },

  lower({ inputs, inputShapes, output }, { transposeA, transposeB }, onnx) {
    const order = (rank: number) => [...Array(rank - 2).keys(), rank - 1, rank - 2];
    const operands = inputs.map((input, i) =>
      (i === 0 ? transposeA : transposeB)
        ? onnx.node("Transpose", [input], { perm: order(inputShapes[i].length) })
        : input,
    );
    onnx.node("MatMul", operands, {}, output);
  },

  gradient({ inputs: [a, b], attributes: { transposeA, transposeB }, gradient, wanted }, builder) {
    const product = (x: typeof a, y: typeof a, tx: boolean, ty: boolean) =>
      builder.matMul(x, y, { transposeA: tx, transposeB: ty });
    return [
      wanted(0)
        ? transposeA
          ? product(b, gradient, transposeB, true)
          : product(gradient, b, false, !transposeB)
        : undefined,
      wanted(1)
        ? transposeB
          ? product(gradient, a, true, transposeA)
          : product(a, gradient, !transposeA, false)
        : undefined,
    ];
  },
};
