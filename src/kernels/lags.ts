/** The plain twins of the kernels for correlations by blocks; see assembly/lags.ts. */
import { ELEMENT_FLOATS, floats, LANES } from "./lanes.ts";

/** Correlations at lags. */
export interface LagKernels {
  /** Four blocks of two real signals, `hop` apart, as lanes of complex numbers; zeros from `length` to n. */
  gatherBlocks(
    a: number,
    b: number,
    count: number,
    from: number,
    hop: number,
    length: number,
    n: number,
    scaleA: number,
    scaleB: number,
    out: number,
  ): void;
  /** Adds the products of spectra of such blocks, 4·conj(P)·R for both signals, to sums. */
  addBlockProducts(p: number, r: number, n: number, sums: number): void;
}

/** Makes the twins on a memory. @internal */
export function plainLags(memory: WebAssembly.Memory): LagKernels {
  return {
    gatherBlocks(a, b, count, from, hop, length, n, scaleA, scaleB, out) {
      const lanes = floats(memory);
      for (let i = 0; i < n; i++) {
        for (let lane = 0; lane < LANES; lane++) {
          const at = from + lane * hop + i;
          const inside = i < length && at >= 0 && at < count;
          const to = out / 4 + i * ELEMENT_FLOATS + lane;
          lanes[to] = inside ? lanes[a / 4 + at] * scaleA : 0;
          lanes[to + LANES] = inside ? lanes[b / 4 + at] * scaleB : 0;
        }
      }
    },

    addBlockProducts(p, r, n, sums) {
      const data = floats(memory);
      const second = (n / 2 + 1) * ELEMENT_FLOATS;
      for (let k = 0; k <= n / 2; k++) {
        for (let lane = 0; lane < LANES; lane++) {
          const here = k * ELEMENT_FLOATS + lane;
          const mate = ((n - k) % n) * ELEMENT_FLOATS + lane;
          // Twice the spectra of the real part (A) and of the imaginary part (B).
          const parts = (z: number) => {
            const [re, im] = [data[z / 4 + here], data[z / 4 + here + LANES]];
            const [mateRe, mateIm] = [data[z / 4 + mate], data[z / 4 + mate + LANES]];
            return [re + mateRe, im - mateIm, im + mateIm, mateRe - re] as const;
          };
          const [ar, ai, br, bi] = parts(p);
          const [cr, ci, dr, di] = parts(r);
          const to = sums / 4 + here;
          data[to] += ar * cr + ai * ci;
          data[to + LANES] += ar * ci - ai * cr;
          data[to + second] += br * dr + bi * di;
          data[to + second + LANES] += br * di - bi * dr;
        }
      }
    },
  };
}
