/**
 * From coefficients to the arrays that a block's graph is fed, and back.
 *
 * Frames have the batch innermost: element [c·H + τ, bin, half slice, item]. Everything is turned by −θ, the
 * mixture's phase, 0 where the mixture is 0.
 *
 * Coefficients of a block are [item, channel, bin, slice, coefficient, 2] for mixtures, and
 * [item, target, channel, …] for targets and stems.
 */
import { targets as targetNames } from "../networks/index.ts";
import type { Block } from "../transforms/slicqt/index.ts";

const TARGETS = targetNames.length;

/** Sizes of a block's arrays. */
export interface BlockSizes {
  readonly bins: number;
  /** Coefficients per slice, 2·H. */
  readonly coefs: number;
  readonly slices: number;
  readonly batch: number;
}

export function blockSizes({ bins, coefs }: Block, slices: number, batch: number): BlockSizes {
  return { bins, coefs, slices, batch };
}

/**
 * Calls `row` for every channel, bin, slice and coefficient with two indices of the first item: among the complex
 * numbers [channel, bin, slice, coefficient] of an item, and among frames.
 */
export function eachRow(
  { bins, coefs, slices, batch }: BlockSizes,
  row: (channel: number, position: number, frame: number, time: number) => void,
): void {
  const half = coefs / 2;
  const halves = 2 * slices;
  for (let channel = 0; channel < 2; channel++) {
    for (let bin = 0; bin < bins; bin++) {
      for (let slice = 0; slice < slices; slice++) {
        for (let m = 0; m < coefs; m++) {
          const late = m < half ? 0 : 1;
          const line = (channel * half + m - late * half) * bins + bin;
          const position = ((channel * bins + bin) * slices + slice) * coefs + m;
          row(channel, position, (line * halves + 2 * slice + late) * batch, slice * coefs + m);
        }
      }
    }
  }
}

/** Numbers of an item's two channels in a block. */
function perItem({ bins, coefs, slices }: BlockSizes): number {
  return 2 * bins * slices * coefs * 2;
}

/** The sum of the targets' coefficients. */
export function sumOfTargets(targets: Float32Array, sizes: BlockSizes): Float32Array {
  const length = perItem(sizes);
  const sum = new Float32Array(targets.length / TARGETS);
  for (let item = 0; item < sizes.batch; item++) {
    const own = sum.subarray(item * length, (item + 1) * length);
    for (let target = 0; target < TARGETS; target++) {
      const from = (item * TARGETS + target) * length;
      for (let i = 0; i < length; i++) own[i] += targets[from + i];
    }
  }
  return sum;
}

/** |X|, [2·H, bins, half slices, batch]. */
export function magnitudes(mixture: Float32Array, sizes: BlockSizes): Float32Array {
  const { batch } = sizes;
  const stride = perItem(sizes);
  const out = new Float32Array(mixture.length / 2);
  eachRow(sizes, (_, position, frame) => {
    let at = 2 * position;
    for (let n = 0; n < batch; n++, at += stride) {
      const re = mixture[at];
      const im = mixture[at + 1];
      out[frame + n] = Math.sqrt(re * re + im * im);
    }
  });
  return out;
}

/** Complex numbers turned by −θ, in two arrays [4, 2·H, bins, half slices, batch]. */
export interface Turned {
  /** |X|, [2·H, bins, half slices, batch]. */
  readonly magnitude: Float32Array;
  readonly inPhase: Float32Array;
  readonly quadrature: Float32Array | undefined;
  /** Squares of quadratures q: each target's Σ_j q_j², and (Σ_j q_j)² of the sum of all, over all positions. */
  readonly besidePhase: { readonly each: number; readonly joint: number };
}

/**
 * Targets, or gradients by stems, turned by −θ; quadratures are stored if asked for, and always measured. Without
 * a mixture, the sum of the targets is one.
 */
export function turn(
  targets: Float32Array,
  mixture: Float32Array | undefined,
  sizes: BlockSizes,
  quadratures: boolean,
): Turned {
  const { batch } = sizes;
  const stride = perItem(sizes);
  const perTarget = targets.length / 2 / TARGETS;
  const magnitude = new Float32Array(perTarget);
  const inPhase = new Float32Array(TARGETS * perTarget);
  const quadrature = quadratures ? new Float32Array(TARGETS * perTarget) : undefined;
  // Squares are summed row by row: variables shared with a closure are slow to write.
  const besidePhase = { each: 0, joint: 0 };
  eachRow(sizes, (_, position, frame) => {
    let t0 = 2 * position;
    let x = t0;
    const end = frame + batch;
    let each = 0;
    let joint = 0;
    for (let to = frame; to < end; to++, t0 += TARGETS * stride, x += stride) {
      const t1 = t0 + stride;
      const t2 = t1 + stride;
      const t3 = t2 + stride;
      const a0 = targets[t0];
      const a1 = targets[t1];
      const a2 = targets[t2];
      const a3 = targets[t3];
      const b0 = targets[t0 + 1];
      const b1 = targets[t1 + 1];
      const b2 = targets[t2 + 1];
      const b3 = targets[t3 + 1];
      const re = mixture ? mixture[x] : a0 + a1 + a2 + a3;
      const im = mixture ? mixture[x + 1] : b0 + b1 + b2 + b3;
      const abs = Math.sqrt(re * re + im * im);
      const cos = abs > 0 ? re / abs : 1;
      const sin = abs > 0 ? im / abs : 0;
      magnitude[to] = abs;
      inPhase[to] = a0 * cos + b0 * sin;
      inPhase[to + perTarget] = a1 * cos + b1 * sin;
      inPhase[to + 2 * perTarget] = a2 * cos + b2 * sin;
      inPhase[to + 3 * perTarget] = a3 * cos + b3 * sin;
      const q0 = b0 * cos - a0 * sin;
      const q1 = b1 * cos - a1 * sin;
      const q2 = b2 * cos - a2 * sin;
      const q3 = b3 * cos - a3 * sin;
      const sum = q0 + q1 + q2 + q3;
      each += q0 * q0 + q1 * q1 + q2 * q2 + q3 * q3;
      joint += sum * sum;
      if (quadrature) {
        quadrature[to] = q0;
        quadrature[to + perTarget] = q1;
        quadrature[to + 2 * perTarget] = q2;
        quadrature[to + 3 * perTarget] = q3;
      }
    }
    besidePhase.each += each;
    besidePhase.joint += joint;
  });
  return { magnitude, inPhase, quadrature, besidePhase };
}

/** |Y| of the targets, [4, 2·H, bins, half slices, batch]. */
export function targetMagnitudes(targets: Float32Array, sizes: BlockSizes): Float32Array {
  const { batch } = sizes;
  const stride = perItem(sizes);
  const perTarget = targets.length / 2 / TARGETS;
  const out = new Float32Array(targets.length / 2);
  eachRow(sizes, (_, position, frame) => {
    for (let n = 0; n < batch; n++) {
      for (let target = 0; target < TARGETS; target++) {
        const at = (n * TARGETS + target) * stride + 2 * position;
        out[target * perTarget + frame + n] = Math.hypot(targets[at], targets[at + 1]);
      }
    }
  });
  return out;
}

/** Stems turned back: complex numbers [item, target, channel, bin, slice, coefficient, 2]. */
export function turnBack(
  mixture: Float32Array,
  real: Float32Array,
  imaginary: Float32Array | undefined,
  sizes: BlockSizes,
): Float32Array {
  const { batch } = sizes;
  const stride = perItem(sizes);
  const perTarget = real.length / TARGETS;
  const out = new Float32Array(2 * real.length);
  eachRow(sizes, (_, position, frame) => {
    for (let n = 0; n < batch; n++) {
      const x = n * stride + 2 * position;
      const re = mixture[x];
      const im = mixture[x + 1];
      const abs = Math.sqrt(re * re + im * im);
      const cos = abs > 0 ? re / abs : 1;
      const sin = abs > 0 ? im / abs : 0;
      for (let target = 0; target < TARGETS; target++) {
        const from = target * perTarget + frame + n;
        const a = real[from];
        const b = imaginary ? imaginary[from] : 0;
        const to = (n * TARGETS + target) * stride + 2 * position;
        out[to] = a * cos - b * sin;
        out[to + 1] = a * sin + b * cos;
      }
    }
  });
  return out;
}

/** cos and sin of θ_0 − θ_1, each [H, bins, half slices, batch]. */
export function phaseDifferences(
  mixture: Float32Array,
  sizes: BlockSizes,
): { readonly cosine: Float32Array; readonly sine: Float32Array } {
  const { batch } = sizes;
  const stride = perItem(sizes);
  const cosine = new Float32Array(mixture.length / 4);
  const sine = new Float32Array(mixture.length / 4);
  eachRow(sizes, (channel, position, frame) => {
    if (channel === 1) return;
    for (let n = 0; n < batch; n++) {
      const at = n * stride + 2 * position;
      const other = at + stride / 2;
      const re0 = mixture[at];
      const im0 = mixture[at + 1];
      const re1 = mixture[other];
      const im1 = mixture[other + 1];
      const abs0 = Math.sqrt(re0 * re0 + im0 * im0);
      const abs1 = Math.sqrt(re1 * re1 + im1 * im1);
      // The phase of 0 is 0.
      const cos0 = abs0 > 0 ? re0 / abs0 : 1;
      const cos1 = abs1 > 0 ? re1 / abs1 : 1;
      const sin0 = abs0 > 0 ? im0 / abs0 : 0;
      const sin1 = abs1 > 0 ? im1 / abs1 : 0;
      cosine[frame + n] = cos0 * cos1 + sin0 * sin1;
      sine[frame + n] = sin0 * cos1 - cos0 * sin1;
    }
  });
  return { cosine, sine };
}

/** c² = max(1, max|X|/10)² of every window and item, [windows, batch] (docs/mathematics.md, 3.2). */
export function windowScales(
  mixture: Float32Array,
  sizes: BlockSizes,
  window: number,
  shared: boolean,
): Float32Array {
  const { batch, slices, coefs } = sizes;
  const stride = perItem(sizes);
  const windows = Math.ceil((slices * coefs) / window);
  const peaks = new Float32Array(windows * batch);
  eachRow(sizes, (_, position, __, time) => {
    const row = Math.floor(time / window) * batch;
    for (let n = 0; n < batch; n++) {
      const at = n * stride + 2 * position;
      const power = mixture[at] ** 2 + mixture[at + 1] ** 2;
      if (power > peaks[row + n]) peaks[row + n] = power;
    }
  });
  return scalesOf(peaks, batch, shared);
}

/**
 * c² of the largest |X|² of every window and item, [windows, batch].
 *
 * @param shared whether all items have the largest of them
 */
export function scalesOf(
  peaks: Float32Array,
  batch: number,
  shared: boolean,
): Float32Array<ArrayBuffer> {
  return peaks.map((peak, i) => {
    const row = i - (i % batch);
    const most = shared ? Math.max(...peaks.subarray(row, row + batch)) : peak;
    return Math.max(1, 0.01 * most);
  });
}
