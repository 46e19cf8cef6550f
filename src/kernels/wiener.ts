/** Plain twin of the Wiener-EM kernels (docs/mathematics.md, 3.2), in double. */
import { ELEMENT_FLOATS, LANES } from "./lanes.ts";

/** Mask of target j, channel a, coefficient n, lane. */
function mask(
  data: Float32Array,
  masks: number,
  stride: number,
  half: number,
  j: number,
  a: number,
  n: number,
  lane: number,
): number {
  const row = masks + ((2 * j + a) * half + (n % half)) * stride;
  return data[row / 4 + 2 * lane + (n < half ? 0 : 1)];
}

/** Adds Σ y_j y_j^H per target, the energy and the largest |x|² of one bin within a window; writes the powers v_j. */
export function plainWienerStatistics(
  data: Float32Array,
  wide: Float64Array,
  x0: number,
  x1: number,
  masks: number,
  stride: number,
  half: number,
  first: number,
  window: number,
  slices: number,
  sums: number,
  power: number,
  targets: number,
): void {
  const at = sums / 8;
  const coefs = 2 * half;
  for (let lane = 0; lane < LANES; lane++) {
    for (let n = 0; n < coefs; n++) {
      const index = first + lane * coefs + n;
      const counts = lane < slices && index >= 0 && index < window;
      const e = n * ELEMENT_FLOATS + lane;
      const ar = data[x0 / 4 + e];
      const ai = data[x0 / 4 + e + LANES];
      const br = data[x1 / 4 + e];
      const bi = data[x1 / 4 + e + LANES];
      const p0 = ar * ar + ai * ai;
      const p1 = br * br + bi * bi;
      for (let j = 0; j < targets; j++) {
        const m0 = mask(data, masks, stride, half, j, 0, n, lane);
        const m1 = mask(data, masks, stride, half, j, 1, n, lane);
        data[power / 4 + (j * coefs + n) * LANES + lane] = (m0 * m0 * p0 + m1 * m1 * p1) / 2;
        if (!counts) continue;
        wide[at + 4 * j] += m0 * m0 * p0;
        wide[at + 4 * j + 1] += m1 * m1 * p1;
        wide[at + 4 * j + 2] += m0 * m1 * (ar * br + ai * bi);
        wide[at + 4 * j + 3] += m0 * m1 * (ai * br - ar * bi);
      }
      if (!counts) continue;
      const rest = at + 4 * targets;
      wide[rest] += p0 + p1;
      wide[rest + 1] = Math.max(wide[rest + 1], p0, p1);
    }
  }
}

/** stem_j = v_j R_j (Σ v_k R_k + ρ' I)^{-1} x for the coefficients of one bin within a window. */
export function plainWienerFilter(
  data: Float32Array,
  wide: Float64Array,
  x0: number,
  x1: number,
  power: number,
  coefs: number,
  first: number,
  window: number,
  spatial: number,
  _work: number,
  out: number,
  targets: number,
): void {
  const r = wide.slice(spatial / 8, spatial / 8 + 4 * targets + 1);
  const v = new Float64Array(targets);
  for (let lane = 0; lane < LANES; lane++) {
    for (let n = 0; n < coefs; n++) {
      const index = first + lane * coefs + n;
      if (index < 0 || index >= window) continue;
      const e = n * ELEMENT_FLOATS + lane;
      const ar = data[x0 / 4 + e];
      const ai = data[x0 / 4 + e + LANES];
      const br = data[x1 / 4 + e];
      const bi = data[x1 / 4 + e + LANES];
      let a = r[4 * targets];
      let d = a;
      let re = 0;
      let im = 0;
      for (let j = 0; j < targets; j++) {
        v[j] = data[power / 4 + (j * coefs + n) * LANES + lane];
        a += v[j] * r[4 * j];
        d += v[j] * r[4 * j + 1];
        re += v[j] * r[4 * j + 2];
        im += v[j] * r[4 * j + 3];
      }
      const det = a * d - re * re - im * im;
      const z0r = (d * ar - (re * br - im * bi)) / det;
      const z0i = (d * ai - (re * bi + im * br)) / det;
      const z1r = (a * br - (re * ar + im * ai)) / det;
      const z1i = (a * bi - (re * ai - im * ar)) / det;
      for (let j = 0; j < targets; j++) {
        const [ja, jd, jr, ji] = r.subarray(4 * j, 4 * j + 4);
        const to0 = (out + 2 * j * coefs * 32) / 4 + e;
        const to1 = to0 + coefs * ELEMENT_FLOATS;
        data[to0] = v[j] * (ja * z0r + jr * z1r - ji * z1i);
        data[to0 + LANES] = v[j] * (ja * z0i + jr * z1i + ji * z1r);
        data[to1] = v[j] * (jd * z1r + jr * z0r + ji * z0i);
        data[to1 + LANES] = v[j] * (jd * z1i + jr * z0i - ji * z0r);
      }
    }
  }
}
