/** One direction of a layer of long short-term memory (Hochreiter and Schmidhuber 1997), as recurrent networks use it. */
import { GraphError } from "../../errors.ts";
import { knownSize, type OpDefinition } from "../op.ts";
import { formatShape, sameShape, shiftDim } from "../shape.ts";

export interface LstmAttributes {
  /** "reverse" begins with the last row; its outputs stand in the order of the rows nonetheless. */
  readonly direction: "forward" | "reverse";
}

/**
 * x [rows, inputs], weight [4·H, inputs], recurrent [4·H, H], bias [8·H] (of the input's half, then of the recurrent half),
 * state [2, H] (h, then c, before the first row) → [rows + 1, H]: h of every row, then c after the last one. So a sequence
 * may be cut: what the next part begins with is the h of its last row (for "reverse" of its first) and that c.
 *
 * Gates stand in the order i, o, f, c:
 *   i, o, f = σ(W x + R h + b), g = tanh(W x + R h + b), c ← f·c + i·g, h ← o·tanh(c).
 */
export const lstm: OpDefinition<LstmAttributes> = {
  inputs: ["x", "weight", "recurrent", "bias", "state"],

  shape([x, weight, recurrent, bias, state], _, reject) {
    if (x.length !== 2 || state.length !== 2) reject("x and state must be matrices");
    const hidden = knownSize(state[1], "the number of units", reject);
    const inputs = knownSize(x[1], "the number of inputs", reject);
    const expected = [
      [weight, [4 * hidden, inputs]],
      [recurrent, [4 * hidden, hidden]],
      [bias, [8 * hidden]],
      [state, [2, hidden]],
    ] as const;
    for (const [found, shape] of expected) {
      if (!sameShape(found, shape)) reject(`${formatShape(found)} should be ${formatShape(shape)}`);
    }
    return [shiftDim(x[0], 1), hidden];
  },

  evaluate([x, weight, recurrent, bias, state], { direction }, shape) {
    const [end, hidden] = shape;
    const rows = end - 1;
    const inputs = x.shape[1];
    const data = new Float64Array(end * hidden);
    let h = state.data.slice(0, hidden);
    const c = state.data.slice(hidden);
    const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));
    for (let step = 0; step < rows; step++) {
      const row = direction === "forward" ? step : rows - 1 - step;
      const gate = (kind: number, unit: number) => {
        const k = kind * hidden + unit;
        let sum = bias.data[k] + bias.data[4 * hidden + k];
        for (let n = 0; n < inputs; n++) {
          sum += weight.data[k * inputs + n] * x.data[row * inputs + n];
        }
        for (let n = 0; n < hidden; n++) sum += recurrent.data[k * hidden + n] * h[n];
        return sum;
      };
      const next = new Float64Array(hidden);
      for (let unit = 0; unit < hidden; unit++) {
        c[unit] =
          sigmoid(gate(2, unit)) * c[unit] + sigmoid(gate(0, unit)) * Math.tanh(gate(3, unit));
        next[unit] = sigmoid(gate(1, unit)) * Math.tanh(c[unit]);
      }
      h = next;
      data.set(h, row * hidden);
    }
    data.set(c, rows * hidden);
    return { shape, data };
  },

  lower({ inputs: [x, weight, recurrent, bias, state], inputShapes, output }, { direction }, onnx) {
    const [[, inputs], , [, hidden]] = inputShapes.map((shape) => shape.map(Number));
    const shaped = (value: string, shape: readonly number[]) =>
      onnx.node("Reshape", [value, onnx.integers(shape)]);
    const part = (from: number) =>
      shaped(
        onnx.node("Slice", [state, ...[[from], [from + 1], [0]].map((v) => onnx.integers(v))]),
        [1, 1, hidden],
      );
    const operands = [
      shaped(x, [-1, 1, inputs]),
      shaped(weight, [1, 4 * hidden, inputs]),
      shaped(recurrent, [1, 4 * hidden, hidden]),
      shaped(bias, [1, 8 * hidden]),
      "",
      part(0),
      part(1),
    ];
    const [y, , c] = onnx.nodes("LSTM", operands, 3, { direction, hidden_size: hidden });
    const rows = [y, c].map((value) => shaped(value, [-1, hidden]));
    onnx.node("Concat", rows, { axis: 0 }, output);
  },

  gradient() {
    throw new GraphError("an LSTM has no gradient here");
  },
};
