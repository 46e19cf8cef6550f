/** Plain twins of expectation maximisation on frames (docs/mathematics.md, 7.3), in double; layouts as in the kernels. */
import { doubles, floats } from "./lanes.ts";

/** Numbers of a source's estimate: re and im, left and right; and of its covariance: a, d, Re b, Im b. */
const PARTS = 4;

/** One bin of one frame, and what is known of it. */
interface Place {
  readonly given: number;
  readonly frame: number;
  readonly bin: number;
  readonly bins: number;
  readonly sources: number;
  readonly models: number;
  readonly iterations: number;
}

/** Expectation maximisation on frames. */
export interface FrameWienerKernels {
  /** Expectation maximisation on frames: adds Σ y yᴴ to sums; see assembly/frameWiener.ts. work: 80 bytes for each source. */
  frameStatistics(
    given: number,
    frames: number,
    bins: number,
    sources: number,
    models: number,
    iterations: number,
    work: number,
    sums: number,
  ): void;
  /** The same: estimates of some frames, planar, to the places listed in `out`. */
  frameFilter(
    given: number,
    first: number,
    count: number,
    bins: number,
    sources: number,
    models: number,
    iterations: number,
    work: number,
    out: number,
  ): void;
}

/** The twins on a memory. @internal */
export function plainFrameWiener(memory: WebAssembly.Memory): FrameWienerKernels {
  const address = (list: number, index: number) => new Uint32Array(memory.buffer, list)[index];

  /** Estimates of all sources in one bin after all iterations. */
  const estimates = ({ given, frame, bin, bins, sources, models, iterations }: Place) => {
    const data = floats(memory);
    const wide = doubles(memory);
    const plane = 2 * Math.ceil(bins / 2);
    const at = address(given, 0) / 4 + frame * PARTS * bins + bin;
    const [lr, li, rr, ri] = [0, 1, 2, 3].map((part) => data[at + part * bins]);
    let y = Array.from({ length: sources }, (_, j) => {
      const mask = address(given, j + 1) / 4 + frame * 2 * bins + bin;
      const [left, right] = [data[mask], data[mask + bins]];
      return [left * lr, left * li, right * rr, right * ri];
    });
    for (let i = 0; i < iterations; i++) {
      const model = address(models, 2 * i) / 8;
      const rho = wide[address(models, 2 * i + 1) / 8];
      const of = (j: number) =>
        [0, 1, 2, 3].map((part) => wide[model + (PARTS * j + part) * plane + bin]);
      const powers = y.map((own) => own.reduce((sum, x) => sum + x * x, 0) / 2);
      const total = [rho, rho, 0, 0];
      powers.forEach((power, j) => {
        of(j).forEach((value, part) => {
          total[part] += power * value;
        });
      });
      const [a, d, br, bi] = total;
      const det = a * d - br * br - bi * bi;
      const z0r = (d * lr - br * rr + bi * ri) / det;
      const z0i = (d * li - br * ri - bi * rr) / det;
      const z1r = (a * rr - br * lr - bi * li) / det;
      const z1i = (a * ri - br * li + bi * lr) / det;
      y = powers.map((power, j) => {
        const [ja, jd, jr, ji] = of(j);
        return [
          power * (ja * z0r + jr * z1r - ji * z1i),
          power * (ja * z0i + jr * z1i + ji * z1r),
          power * (jr * z0r + ji * z0i + jd * z1r),
          power * (jr * z0i - ji * z0r + jd * z1i),
        ];
      });
    }
    return y;
  };

  return {
    frameStatistics(given, frames, bins, sources, models, iterations, _work, sums) {
      const wide = doubles(memory);
      const plane = 2 * Math.ceil(bins / 2);
      for (let frame = 0; frame < frames; frame++) {
        for (let bin = 0; bin < bins; bin++) {
          const all = estimates({ given, frame, bin, bins, sources, models, iterations });
          for (const [j, [lr, li, rr, ri]] of all.entries()) {
            const to = sums / 8 + PARTS * j * plane + bin;
            wide[to] += lr * lr + li * li;
            wide[to + plane] += rr * rr + ri * ri;
            wide[to + 2 * plane] += lr * rr + li * ri;
            wide[to + 3 * plane] += li * rr - lr * ri;
          }
        }
      }
    },

    frameFilter(given, first, count, bins, sources, models, iterations, _work, out) {
      const data = floats(memory);
      for (let i = 0; i < count; i++) {
        for (let bin = 0; bin < bins; bin++) {
          const frame = first + i;
          const all = estimates({ given, frame, bin, bins, sources, models, iterations });
          for (const [j, own] of all.entries()) {
            own.forEach((value, part) => {
              data[address(out, j) / 4 + (PARTS * i + part) * bins + bin] = value;
            });
          }
        }
      }
    },
  };
}
