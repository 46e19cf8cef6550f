/** Plain twins of training's loops over rows; formulas and layouts stand at assembly/columns.ts. */
import type { KernelExports } from "./exports.ts";
import { doubles, floats } from "./lanes.ts";

type ColumnKernels = Pick<
  KernelExports,
  | "columnMoments"
  | "normaliseColumns"
  | "columnGradients"
  | "normaliseColumnsBack"
  | "magnitudeErrors"
  | "scalarProducts"
  | "mixSignals"
>;

/** Makes the twins on a memory. */
export function plainColumns(memory: WebAssembly.Memory): ColumnKernels {
  const each = (rows: number, width: number, visit: (at: number, column: number) => void) => {
    for (let i = 0; i < rows * width; i++) visit(i, i % width);
  };
  return {
    columnMoments(x, rows, width, sums, squares) {
      const [data, wide] = [floats(memory), doubles(memory)];
      each(rows, width, (at, column) => {
        const value = data[x / 4 + at];
        wide[sums / 8 + column] += value;
        wide[squares / 8 + column] += value * value;
      });
    },
    normaliseColumns(x, rows, width, mean, scale, bias, floor, out) {
      const data = floats(memory);
      each(rows, width, (at, column) => {
        const centred = data[x / 4 + at] - data[mean / 4 + column];
        const y = centred * data[scale / 4 + column] + data[bias / 4 + column];
        data[out / 4 + at] = Math.max(floor, y);
      });
    },
    columnGradients(x, out, gradient, rows, width, mean, floor, byBias, byWeight) {
      const [data, wide] = [floats(memory), doubles(memory)];
      each(rows, width, (at, column) => {
        if (!(data[out / 4 + at] > floor)) data[gradient / 4 + at] = 0;
        const g = data[gradient / 4 + at];
        wide[byBias / 8 + column] += g;
        wide[byWeight / 8 + column] += g * (data[x / 4 + at] - data[mean / 4 + column]);
      });
    },
    normaliseColumnsBack(x, gradient, rows, width, mean, scale, slope, constant) {
      const data = floats(memory);
      each(rows, width, (at, column) => {
        const centred = data[x / 4 + at] - data[mean / 4 + column];
        const own = data[scale / 4 + column] * data[gradient / 4 + at];
        data[gradient / 4 + at] =
          own - data[slope / 4 + column] * centred - data[constant / 4 + column];
      });
    },
    magnitudeErrors(mixture, masks, stems, targets, stride, count, own, joint, factor) {
      const data = floats(memory);
      let total = 0;
      for (let i = 0; i < count; i++) {
        const x = data[mixture / 4 + i];
        const places = Array.from({ length: targets }, (_, j) => (j * stride) / 4 + i);
        const errors = places.map((at) => data[masks / 4 + at] * x - data[stems / 4 + at]);
        const sum = errors.reduce((a, b) => a + b);
        total += own * errors.reduce((a, e) => a + e * e, 0) + joint * sum * sum;
        if (factor === 0) continue;
        for (const [j, at] of places.entries()) {
          data[masks / 4 + at] = 2 * factor * x * (own * errors[j] + joint * sum);
        }
      }
      return total;
    },
    scalarProducts(signals, count, stride, length, products) {
      const [data, wide] = [floats(memory), doubles(memory)];
      for (let i = 0; i < count; i++) {
        for (let k = i; k < count; k++) {
          for (let t = 0; t < length; t++) {
            const [a, b] = [i, k].map((signal) => data[(signals + signal * stride) / 4 + t]);
            wide[products / 8 + i * count + k] += a * b;
          }
        }
      }
    },
    mixSignals(signals, count, stride, length, shares, out) {
      const data = floats(memory);
      for (let t = 0; t < length; t++) {
        let sum = 0;
        for (let i = 0; i < count; i++) {
          sum += data[shares / 4 + i] * data[(signals + i * stride) / 4 + t];
        }
        data[out / 4 + t] = sum;
      }
    },
  };
}
