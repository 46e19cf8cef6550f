/** Plain twins of the kernels of Wiener-EM for training; formulas and layouts stand at assembly/turnedWiener.ts. */
import { doubles, floats } from "./lanes.ts";

const TARGETS = 4;

type Complex = readonly [re: number, im: number];

const add = (...terms: readonly Complex[]): Complex =>
  terms.reduce((a, b) => [a[0] + b[0], a[1] + b[1]], [0, 0]);
const times = (a: Complex, b: Complex): Complex => [
  a[0] * b[0] - a[1] * b[1],
  a[0] * b[1] + a[1] * b[0],
];
const scaled = (s: number, a: Complex): Complex => [s * a[0], s * a[1]];
const conjugate = (a: Complex): Complex => [a[0], -a[1]];
const square = (a: Complex) => a[0] ** 2 + a[1] ** 2;
const realOf = (a: Complex) => a[0];

/** A Hermitian 2×2 matrix [[a, b], [b*, d]]. */
interface Hermitian {
  readonly a: number;
  readonly d: number;
  readonly b: Complex;
}

type Pair = readonly [Complex, Complex];

const apply = ({ a, d, b }: Hermitian, [x, y]: Pair): Pair => [
  add(scaled(a, x), times(b, y)),
  add(times(conjugate(b), x), scaled(d, y)),
];

function inverse({ a, d, b }: Hermitian): Hermitian {
  const determinant = a * d - square(b);
  return { a: d / determinant, d: a / determinant, b: scaled(-1 / determinant, b) };
}

/** The layout table. */
function tableOf(memory: WebAssembly.Memory, layout: number) {
  const [
    bins,
    half,
    frames,
    items,
    period,
    magnitude,
    cosine,
    sine,
    inPhase,
    quadrature,
    masks,
    real,
    imaginary,
    byReal,
    byImaginary,
    byMasks,
  ] = new Uint32Array(memory.buffer, layout, 16);
  return {
    ...{ bins, half, frames, items, period, magnitude, cosine, sine, inPhase, quadrature, masks },
    ...{ real, imaginary, byReal, byImaginary, byMasks },
    plane: half * bins * frames * items,
  };
}

type Table = ReturnType<typeof tableOf>;

/** Calls `visit` for every frame of a bin within a window: its index among frames, and its place in tables. */
function eachFrame(
  { bins, half, frames, items, period }: Table,
  bin: number,
  first: number,
  window: number,
  visit: (at: number, position: number) => void,
): void {
  for (let tau = 0; tau < half; tau++) {
    for (let h = 0; h < frames; h++) {
      const coefficient = h * half + tau;
      if (coefficient < first || coefficient >= first + window) continue;
      const from = Math.max(0, Math.ceil((first - tau) / half));
      for (let n = 0; n < items; n++) {
        const at = ((tau * bins + bin) * frames + h) * items + n;
        visit(at, ((h - from) * items + n) % period);
      }
    }
  }
}

/** Element of a table in pairs, of n numbers per position. */
const inPairs = (pointer: number, n: number, position: number, k: number) =>
  pointer / 8 + ((position >> 1) * n + k) * 2 + (position & 1);

/** Wiener-EM in training. */
export interface TurnedWienerKernels {
  /** For training: adds spatial statistics of one bin within one window to 16 doubles in pairs per position. */
  turnedStatistics(layout: number, bin: number, first: number, window: number, sums: number): void;
  /** For training: stems, their squared errors, and the way back from these. work: 400 bytes. */
  turnedFilter(
    layout: number,
    bin: number,
    first: number,
    window: number,
    spatial: number,
    weights: number,
    errors: number,
    moments: number,
    work: number,
  ): void;
  /** For training: the gradient by the masks. */
  turnedGradient(layout: number, bin: number, first: number, window: number, bySums: number): void;
}

/** Makes the twins on a memory. @internal */
export function plainTurnedWiener(memory: WebAssembly.Memory): TurnedWienerKernels {
  /** What kernels read of one frame. */
  const reader = (table: Table) => {
    const data = floats(memory);
    const { plane } = table;
    return (at: number) => {
      const x0 = data[table.magnitude / 4 + at];
      const x1 = data[table.magnitude / 4 + plane + at];
      const phase: Complex = [data[table.cosine / 4 + at], data[table.sine / 4 + at]];
      const y = [0, 1, 2, 3].map((j) => {
        const mask = table.masks / 4 + 2 * j * plane + at;
        return [data[mask] * x0, data[mask + plane] * x1] as const;
      });
      return { x0, x1, phase, y };
    };
  };

  return {
    turnedStatistics(layout, bin, first, window, sums) {
      const table = tableOf(memory, layout);
      const wide = doubles(memory);
      const read = reader(table);
      eachFrame(table, bin, first, window, (at, position) => {
        const { phase, y } = read(at);
        for (const [j, [y0, y1]] of y.entries()) {
          const terms = [y0 * y0, y1 * y1, y0 * y1 * phase[0], y0 * y1 * phase[1]];
          for (const [k, term] of terms.entries()) {
            wide[inPairs(sums, 4 * TARGETS, position, 4 * j + k)] += term;
          }
        }
      });
    },

    turnedFilter(layout, bin, first, window, spatial, weights, errors, moments) {
      const table = tableOf(memory, layout);
      const { plane } = table;
      const data = floats(memory);
      const wide = doubles(memory);
      const read = reader(table);
      eachFrame(table, bin, first, window, (at, position) => {
        const { x0, x1, phase, y } = read(at);
        const number = (pointer: number, n: number, k: number) =>
          wide[inPairs(pointer, n, position, k)];
        const R = y.map((_, j): Hermitian => {
          const [a, d, re, im] = [0, 1, 2, 3].map((k) =>
            number(spatial, 4 * TARGETS + 1, 4 * j + k),
          );
          return { a, d, b: [re, im] };
        });
        const v = y.map(([y0, y1]) => (y0 * y0 + y1 * y1) / 2);
        const rho = number(spatial, 4 * TARGETS + 1, 4 * TARGETS);
        const inverted = inverse({
          a: R.reduce((sum, { a }, j) => sum + v[j] * a, rho),
          d: R.reduce((sum, { d }, j) => sum + v[j] * d, rho),
          b: add(...R.map(({ b }, j) => scaled(v[j], b))),
        });
        const z = apply(inverted, [[x0, 0], scaled(x1, conjugate(phase))]);
        const stems = R.map((r, j): Pair => {
          const [first, second] = apply(r, z);
          return [scaled(v[j], first), times(phase, scaled(v[j], second))];
        });
        const place = (real: number, imaginary: number, j: number, c: number) => {
          const offset = (2 * j + c) * plane + at;
          return [real / 4 + offset, imaginary / 4 + offset] as const;
        };
        const given = (real: number, imaginary: number, j: number): Pair => {
          const [[r0, i0], [r1, i1]] = [0, 1].map((c) => place(real, imaginary, j, c));
          return [
            [data[r0], data[i0]],
            [data[r1], data[i1]],
          ];
        };
        for (const [j, stem] of stems.entries()) {
          for (const [c, value] of stem.entries()) {
            if (table.real === 0) continue;
            const [real, imaginary] = place(table.real, table.imaginary, j, c);
            data[real] = value[0];
            data[imaginary] = value[1];
          }
        }
        const differences = stems.map((stem, j): Pair => {
          if (errors === 0 && weights === 0) return [zero, zero];
          const target = given(table.inPhase, table.quadrature, j);
          return [add(stem[0], scaled(-1, target[0])), add(stem[1], scaled(-1, target[1]))];
        });
        const joint: Pair = [
          add(...differences.map((difference) => difference[0])),
          add(...differences.map((difference) => difference[1])),
        ];
        if (errors !== 0) {
          for (const [k, difference] of [...differences, joint].entries()) {
            const place = inPairs(errors, TARGETS + 1, position, k);
            wide[place] += square(difference[0]) + square(difference[1]);
          }
        }
        if (moments === 0) return;
        const weight = (k: number) => (weights === 0 ? 0 : 2 * number(weights, TARGETS + 1, k));
        const g = differences.map((difference, j): Pair => {
          const fed = table.byReal === 0 ? none : given(table.byReal, table.byImaginary, j);
          const [first, second] = [0, 1].map((c) =>
            add(fed[c], scaled(weight(j), difference[c]), scaled(weight(TARGETS), joint[c])),
          );
          return [first, times(conjugate(phase), second)];
        });
        const q = R.map((r, j) => apply(r, g[j]));
        const t = apply(inverted, [
          add(...q.map((own, j) => scaled(v[j], own[0]))),
          add(...q.map((own, j) => scaled(v[j], own[1]))),
        ]);
        for (const [j, r] of R.entries()) {
          const [e0, e1] = [0, 1].map((c) => add(g[j][c], scaled(-1, t[c])));
          const b = add(times(e0, conjugate(z[1])), times(conjugate(e1), z[0]));
          const k = [
            realOf(times(conjugate(e0), z[0])),
            realOf(times(conjugate(e1), z[1])),
            b[0],
            b[1],
          ];
          for (const [i, value] of k.entries()) {
            wide[inPairs(moments, 4 * TARGETS, position, 4 * j + i)] += v[j] * value;
          }
          data[table.byMasks / 4 + 2 * j * plane + at] =
            r.a * k[0] + r.d * k[1] + r.b[0] * k[2] + r.b[1] * k[3];
        }
      });
    },

    turnedGradient(layout, bin, first, window, bySums) {
      const table = tableOf(memory, layout);
      const data = floats(memory);
      const wide = doubles(memory);
      const read = reader(table);
      eachFrame(table, bin, first, window, (at, position) => {
        const { x0, x1, phase, y } = read(at);
        for (const [j, [y0, y1]] of y.entries()) {
          const [a, d, re, im] = [0, 1, 2, 3].map(
            (k) => wide[inPairs(bySums, 4 * TARGETS, position, 4 * j + k)],
          );
          const out = table.byMasks / 4 + 2 * j * table.plane + at;
          const byPower = data[out];
          const byCross = phase[0] * re + phase[1] * im;
          data[out] = x0 * (y0 * (2 * a + byPower) + y1 * byCross);
          data[out + table.plane] = x1 * (y1 * (2 * d + byPower) + y0 * byCross);
        }
      });
    },
  };
}

const zero: Complex = [0, 0];
const none: Pair = [zero, zero];
