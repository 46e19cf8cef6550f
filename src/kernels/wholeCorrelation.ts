/** The correlation of two whole signals: shapes and tables for its kernel, and its plain twin. See assembly/wholeCorrelation.ts. */
import type { KernelExports } from "./exports.ts";
import { FftPlanner, smoothDft } from "./fftPlan.ts";
import type { KernelInstance } from "./instance.ts";
import { floats } from "./lanes.ts";

/** How many samples lie in how many rows. */
export interface CorrelationShape {
  readonly rows: number;
  readonly columns: number;
}

/**
 * The smallest shape for signals of `samples` samples that is nearly square: rows a power of two, columns four times an
 * odd number, so that neighbouring rows do not fall on the same lines of a cache.
 */
export function correlationShape(samples: number): CorrelationShape {
  const least = Math.max(16, 2 * samples);
  const square = 2 ** Math.round(Math.log2(Math.sqrt(least)) - 0.5);
  const shapes = [square / 2, square, 2 * square]
    .map((rows) => Math.max(4, rows))
    .map((rows) => ({ rows, columns: 4 * oddLength(least / (4 * rows)) }));
  return shapes.reduce((best, shape) =>
    shape.rows * shape.columns < best.rows * best.columns ? shape : best,
  );
}

/** The smallest 3^b·5^c that is at least n. */
function oddLength(n: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let five = 1; five < best; five *= 5) {
    let length = five;
    while (length < n) length *= 3;
    best = Math.min(best, length);
  }
  return best;
}

/** Bytes that both signals need with their zeros. */
export function correlationBytes({ rows, columns }: CorrelationShape): number {
  return 8 * rows * columns;
}

/** Correlates signals in one kernel memory, with plans and tables that are kept from call to call. */
export class WholeCorrelation {
  readonly #kernels: KernelInstance;
  readonly #planner: FftPlanner;
  #tables: { readonly largest: number; readonly turns: number; readonly work: number } | undefined;

  constructor(kernels: KernelInstance) {
    this.#kernels = kernels;
    this.#planner = new FftPlanner(kernels);
  }

  /** Plans and tables for a shape: to be called before views of the memory are taken. */
  prepare({ rows, columns }: CorrelationShape): void {
    this.#planner.plan(rows);
    this.#planner.plan(columns);
    const largest = Math.max(rows, columns);
    if (this.#tables && this.#tables.largest >= largest) return;
    this.#tables = {
      largest,
      turns: this.#kernels.allocate(16 * largest),
      work: this.#kernels.allocate(96 * largest),
    };
  }

  /** Both signals lie at `data`, each in rows·columns floats; the correlation comes in place of the first. */
  run(shape: CorrelationShape, data: number): void {
    this.prepare(shape);
    const { rows, columns } = shape;
    const tables = this.#tables;
    if (!tables) return;
    const turns = this.#kernels.f64(tables.turns, 2 * Math.max(rows, columns));
    for (let m = 0; 2 * m < turns.length; m++) {
      const angle = (2 * Math.PI * m) / (rows * columns);
      turns[2 * m] = Math.cos(angle);
      turns[2 * m + 1] = Math.sin(angle);
    }
    const [rowPlan, columnPlan] = [this.#planner.plan(columns), this.#planner.plan(rows)];
    const { correlateWhole } = this.#kernels.exports;
    correlateWhole(rowPlan, columnPlan, rows, columns, data, tables.turns, tables.work);
  }
}

/** Makes the twin on a memory: one transform of all samples. */
export function plainWholeCorrelation(memory: WebAssembly.Memory): KernelExports["correlateWhole"] {
  return (_rowPlan, _columnPlan, rows, columns, data) => {
    const n = rows * columns;
    const all = floats(memory).subarray(data / 4, data / 4 + 2 * n);
    const z = smoothDft(Float64Array.from(all.subarray(0, n)), Float64Array.from(all.subarray(n)));
    const re = new Float64Array(n);
    const im = new Float64Array(n);
    for (let k = 0; k < n; k++) {
      const mate = (n - k) % n;
      const [a, b, c, d] = [z.re[k], z.im[k], z.re[mate], z.im[mate]];
      // The conjugate, so that the way back is a transform forward: the correlation is real.
      re[k] = ((a + c) * (b + d) - (b - d) * (a - c)) / (4 * n);
      im[k] = -(a * a - c * c + b * b - d * d) / (4 * n);
    }
    all.set(smoothDft(re, im).re);
  };
}
