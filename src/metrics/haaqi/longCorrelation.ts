/**
 * The correlation of two whole signals at all lags by one transform in place, stored in float32: for songs in bounded
 * memory. Forward with the bits of the index reversed at the end, backward from there, so nothing is sorted.
 */
import type { Samples } from "../bss/correlations.ts";
import { powerOfTwo } from "../fft.ts";

/** Twiddles are products of a far one and a near one. */
const NEAR = 1024;

/**
 * Σ x[n+l]·y[n] for all lags l, at index l modulo the array's length; x and y minus their means.
 * @param x as long as y.
 */
export function correlateAllLags(
  x: Samples,
  y: Samples,
  means: readonly [number, number],
): Float32Array {
  const size = Math.max(2, powerOfTwo(2 * x.length));
  const re = new Float32Array(size);
  const im = new Float32Array(size);
  for (let i = 0; i < x.length; i++) {
    re[i] = x[i] - means[0];
    im[i] = y[i] - means[1];
  }
  const turn = twiddles(size);
  for (let length = size; length > 1; length /= 2) butterflies(re, im, length, turn, "forward");
  multiply(re, im, size);
  for (let length = 2; length <= size; length *= 2) butterflies(re, im, length, turn, "back");
  return re;
}

interface Twiddles {
  readonly near: readonly [Float64Array, Float64Array];
  readonly far: readonly [Float64Array, Float64Array];
}

/** e^{−2πi·k/size} for k = NEAR·far + near. */
function twiddles(size: number): Twiddles {
  const row = (count: number, step: number): readonly [Float64Array, Float64Array] => [
    Float64Array.from({ length: count }, (_, k) => Math.cos((2 * Math.PI * k * step) / size)),
    Float64Array.from({ length: count }, (_, k) => -Math.sin((2 * Math.PI * k * step) / size)),
  ];
  return { near: row(NEAR, 1), far: row(Math.ceil(size / NEAR), NEAR) };
}

function butterflies(
  re: Float32Array,
  im: Float32Array,
  length: number,
  { near, far }: Twiddles,
  direction: "forward" | "back",
): void {
  const half = length / 2;
  const stride = re.length / length;
  const [nearRe, nearIm] = near;
  const [farRe, farIm] = far;
  // Half a block shares its twiddles with all blocks: for short blocks, twiddles outside.
  const tile = Math.min(half, NEAR);
  const wr = new Float64Array(tile);
  const wi = new Float64Array(tile);
  for (let from = 0; from < half; from += tile) {
    for (let j = 0; j < tile; j++) {
      const k = (from + j) * stride;
      const n = k % NEAR;
      const f = (k - n) / NEAR;
      wr[j] = nearRe[n] * farRe[f] - nearIm[n] * farIm[f];
      wi[j] = nearRe[n] * farIm[f] + nearIm[n] * farRe[f];
    }
    for (let block = from; block < re.length; block += length) {
      if (direction === "forward") {
        for (let j = 0; j < tile; j++) {
          const a = block + j;
          const b = a + half;
          const dr = re[a] - re[b];
          const di = im[a] - im[b];
          re[a] += re[b];
          im[a] += im[b];
          re[b] = dr * wr[j] - di * wi[j];
          im[b] = dr * wi[j] + di * wr[j];
        }
      } else {
        for (let j = 0; j < tile; j++) {
          const a = block + j;
          const b = a + half;
          const br = re[b] * wr[j] + im[b] * wi[j];
          const bi = im[b] * wr[j] - re[b] * wi[j];
          re[b] = re[a] - br;
          im[b] = im[a] - bi;
          re[a] += br;
          im[a] += bi;
        }
      }
    }
  }
}

/** From the spectrum of x + iy to that of the correlation, over size; indices with reversed bits. */
function multiply(re: Float32Array, im: Float32Array, size: number): void {
  for (let i = 0; i < size; i++) {
    // The mate of frequency k is −k: with reversed bits, the mirror image within a power of two.
    const block = i === 0 ? 0 : 2 ** (31 - Math.clz32(i));
    const mate = i < 2 ? i : 3 * block - 1 - i;
    if (mate < i) continue;
    const [a, b, c, d] = [re[i], im[i], re[mate], im[mate]];
    const pr = ((a + c) * (b + d) - (b - d) * (a - c)) / (4 * size);
    const pi = (a * a - c * c + b * b - d * d) / (4 * size);
    re[i] = pr;
    im[i] = pi;
    re[mate] = pr;
    im[mate] = -pi;
  }
}
