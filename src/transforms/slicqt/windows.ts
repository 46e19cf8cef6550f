/** Windows of the bins, their duals, and the slice window (docs/mathematics.md, 1.4, 1.5). */
import type { Geometry } from "./geometry.ts";

/** Per bin in FFT order: index i < M/2 is offset +i from the centre, the rest offset i − M. */
export interface Windows {
  /** g_k, float32. */
  readonly analysis: readonly Float32Array[];
  /** γ_k, double. */
  readonly dual: readonly Float64Array[];
  /** Bins (DC, Nyquist) whose window is a plateau with Hann flanks. */
  readonly plateaus: readonly number[];
}

const BLACKMAN_HARRIS = [0.35872, 0.48832, 0.14128, 0.01168] as const;

/** Offset of window element i from the centre. */
export function windowOffset(i: number, M: number): number {
  return i < M / 2 ? i : i - M;
}

function blackmanHarris(M: number): Float32Array {
  const [a0, a1, a2, a3] = BLACKMAN_HARRIS;
  return Float32Array.from({ length: M }, (_, i) => {
    const x = (2 * Math.PI * ((i + M / 2) % M)) / M;
    return a0 - a1 * Math.cos(x) + a2 * Math.cos(2 * x) - a3 * Math.cos(3 * x);
  });
}

/** 1 everywhere but for a Hann notch of width w around the window's edge (the middle of the array). */
function plateau(M: number, w: number): Float32Array {
  const g = new Float32Array(M).fill(1);
  for (let j = 0; j < w; j++) g[M / 2 - w / 2 + j] = 0.5 + 0.5 * Math.cos((2 * Math.PI * j) / w);
  return g;
}

/** Analysis windows and the duals that make the inverse exact. */
export function binWindows(geometry: Geometry): Windows {
  const { coefs, positions, sliceLength: L } = geometry;
  const bins = coefs.length;
  const analysis: Float32Array[] = [];
  const plateaus: number[] = [];
  for (let k = 0; k < bins; k++) {
    // The neighbour above Nyquist mirrors the one below.
    const neighbour = k === 0 ? coefs[1] : coefs[k - 1];
    const edge = k === 0 || k === bins - 1;
    if (edge && coefs[k] > neighbour) {
      plateaus.push(k);
      analysis.push(plateau(coefs[k], neighbour));
    } else {
      analysis.push(blackmanHarris(coefs[k]));
    }
  }
  // Diagonal of the frame operator over the bins and the exact reflections of bins 1..K.
  const x = new Float64Array(L);
  for (let k = 0; k < bins; k++) {
    const M = coefs[k];
    const mirrored = k > 0 && k < bins - 1;
    for (let i = 0; i < M; i++) {
      const f = (positions[k] + windowOffset(i, M) + L) % L;
      const power = analysis[k][i] ** 2 * M;
      x[f] += power;
      if (mirrored) x[(L - f) % L] += power;
    }
  }
  const dual = analysis.map((g, k) => {
    const M = coefs[k];
    return Float64Array.from(g, (v, i) =>
      v === 0 ? 0 : v / x[(positions[k] + windowOffset(i, M) + L) % L],
    );
  });
  return { analysis, dual, plateaus };
}

/** Slice window tw, length L: 1 over the middle, Hann flanks of T samples, 0 at the ends; offset by 2h it adds to 1. */
export function sliceWindow(geometry: Geometry): Float32Array {
  const { sliceLength: L, quarter: h, transition: T } = geometry;
  const t = T / 2;
  const hann = (j: number) => 0.5 + 0.5 * Math.cos((Math.PI * j) / T);
  return Float32Array.from({ length: L }, (_, n) => {
    if (n < h - t || n >= 3 * h + t) return 0;
    if (n < h + t) return hann(T + n - (h - t));
    if (n < 3 * h - t) return 1;
    return hann(n - (3 * h - t));
  });
}
