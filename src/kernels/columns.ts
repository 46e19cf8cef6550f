/** Plain twins of training's loops over rows; formulas and layouts stand at assembly/columns.ts. */
import { doubles, floats } from "./lanes.ts";

/** Columns of matrices. */
export interface ColumnKernels {
  /** Training: adds columns and their squares to sums, in doubles. See assembly/columns.ts. */
  columnMoments(x: number, rows: number, width: number, sums: number, squares: number): void;
  /** Training: max(floor, (x − mean)·scale + bias). */
  normaliseColumns(
    x: number,
    rows: number,
    width: number,
    mean: number,
    scale: number,
    bias: number,
    floor: number,
    out: number,
  ): void;
  /** Training: the sums of the way back, and its gradient's zeros. */
  columnGradients(
    x: number,
    out: number,
    gradient: number,
    rows: number,
    width: number,
    mean: number,
    floor: number,
    byBias: number,
    byWeight: number,
  ): void;
  /** Training: gradient ← scale·gradient − slope·(x − mean) − constant. */
  normaliseColumnsBack(
    x: number,
    gradient: number,
    rows: number,
    width: number,
    mean: number,
    scale: number,
    slope: number,
    constant: number,
  ): void;
  /** Training: squared errors of masked magnitudes, and the gradient in the place of the masks. count: a multiple of 4. */
  magnitudeErrors(
    mixture: number,
    masks: number,
    stems: number,
    targets: number,
    stride: number,
    count: number,
    each: number,
    joint: number,
    factor: number,
  ): number;
  /** Training: adds scalar products of all pairs of signals to doubles. */
  scalarProducts(
    signals: number,
    count: number,
    stride: number,
    length: number,
    products: number,
  ): void;
  /** Training: a weighted sum of signals. */
  mixSignals(
    signals: number,
    count: number,
    stride: number,
    length: number,
    shares: number,
    out: number,
  ): void;
}

/** Makes the twins on a memory. @internal */
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
