/** Plain twins of the kernels of recurrent layers in training; formulas and layouts stand at assembly/lstm.ts. */
import { floats } from "./lanes.ts";

/**
 * Lays a matrix of rows into panels of eight columns, a last one perhaps of four.
 * @param at the element of a row and column
 */
export function layPanels(
  rows: number,
  columns: number,
  at: (row: number, column: number) => number,
  into: Float32Array,
): void {
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      into[inPanels(rows, columns, row, column)] = at(row, column);
    }
  }
}

/** Where an element lies. */
function inPanels(rows: number, columns: number, row: number, column: number): number {
  const first = column - (column % 8);
  return first * rows + row * Math.min(8, columns - first) + (column % 8);
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** LSTM layers. */
export interface LstmKernels {
  /** Training: the steps of a recurrent layer. See assembly/lstm.ts. */
  lstmForward(
    gates: number,
    recurrent: number,
    hidden: number,
    cells: number,
    steps: number,
    items: number,
    units: number,
    reverse: number,
  ): void;
  /** Training: the way back, in place of the gates. work: two blocks. */
  lstmBack(
    gates: number,
    recurrent: number,
    cells: number,
    byHidden: number,
    work: number,
    steps: number,
    items: number,
    units: number,
    reverse: number,
  ): void;
}

/** Makes the twins on a memory. @internal */
export function plainLstm(memory: WebAssembly.Memory): LstmKernels {
  return {
    lstmForward(gates, recurrent, hidden, cells, steps, items, units, reverse) {
      const data = floats(memory);
      const wide = 4 * units;
      for (let step = 0; step < steps; step++) {
        const t = reverse ? steps - 1 - step : step;
        for (let item = 0; item < items; item++) {
          const at = (block: number) => (block * items + item) * units;
          const before = at(reverse ? t + 1 : t);
          const after = at(reverse ? t : t + 1);
          const own = gates / 4 + (t * items + item) * wide;
          const sums = Float64Array.from({ length: wide }, (_, k) => {
            let sum = data[own + k];
            for (let n = 0; n < units; n++) {
              sum +=
                data[hidden / 4 + before + n] * data[recurrent / 4 + inPanels(units, wide, n, k)];
            }
            return sum;
          });
          for (let u = 0; u < units; u++) {
            const [i, f, n, o] = [0, 1, 2, 3].map((kind) => {
              const sum = sums[kind * units + u];
              return kind === 2 ? Math.tanh(sum) : sigmoid(sum);
            });
            const c = f * data[cells / 4 + before + u] + i * n;
            for (const [kind, gate] of [i, f, n, o].entries()) data[own + kind * units + u] = gate;
            data[cells / 4 + after + u] = c;
            data[hidden / 4 + after + u] = o * Math.tanh(c);
          }
        }
      }
    },

    lstmBack(gates, recurrent, cells, byHidden, _work, steps, items, units, reverse) {
      const data = floats(memory);
      const wide = 4 * units;
      const byState = new Float64Array(items * units);
      const byCell = new Float64Array(items * units);
      for (let step = steps - 1; step >= 0; step--) {
        const t = reverse ? steps - 1 - step : step;
        for (let item = 0; item < items; item++) {
          const before = cells / 4 + ((reverse ? t + 1 : t) * items + item) * units;
          const after = cells / 4 + ((reverse ? t : t + 1) * items + item) * units;
          const own = gates / 4 + (t * items + item) * wide;
          for (let u = 0; u < units; u++) {
            const state = item * units + u;
            const [i, f, n, o] = [0, 1, 2, 3].map((kind) => data[own + kind * units + u]);
            const bent = Math.tanh(data[after + u]);
            const dh = data[byHidden / 4 + (t * items + item) * units + u] + byState[state];
            const dc = byCell[state] + dh * o * (1 - bent * bent);
            data[own + u] = dc * n * i * (1 - i);
            data[own + units + u] = dc * data[before + u] * f * (1 - f);
            data[own + 2 * units + u] = dc * i * (1 - n * n);
            data[own + 3 * units + u] = dh * bent * o * (1 - o);
            byCell[state] = dc * f;
          }
          for (let u = 0; u < units; u++) {
            let sum = 0;
            for (let k = 0; k < wide; k++)
              sum += data[own + k] * data[recurrent / 4 + inPanels(wide, units, k, u)];
            byState[item * units + u] = sum;
          }
        }
      }
    },
  };
}
