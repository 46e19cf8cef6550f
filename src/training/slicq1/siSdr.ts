/**
 * The scale-invariant SDR of waveforms as version 1's loss has it (Le Roux and others 2019; auraloss), mean over the 14
 * combinations of one, two or three targets. It only shifts the loss: the original takes no gradient of it.
 */
import { targets } from "../../networks/index.ts";
import { combinations } from "../losses/combinations.ts";

const TARGETS = targets.length;
const EPSILON = 1e-8;

/**
 * The loss, in negative decibels.
 *
 * @param estimates waveforms of equal length, ordered item, target, channel (two channels)
 * @param references the true ones
 */
export function siSdrLoss(
  estimates: readonly Float32Array[],
  references: readonly Float32Array[],
): number {
  const groups = estimates.length / TARGETS;
  let sum = 0;
  for (let group = 0; group < groups; group++) {
    const first = Math.floor(group / 2) * 2 * TARGETS + (group % 2);
    const own = Array.from({ length: TARGETS }, (_, target) => first + 2 * target);
    const p = own.map((i) => centred(estimates[i]));
    const q = own.map((i) => centred(references[i]));
    const [pp, pq, qq] = [products(p, p), products(p, q), products(q, q)];
    for (const set of combinations) {
      const power = sumOver(qq, set);
      const cross = sumOver(pq, set);
      const alpha = cross / (power + EPSILON);
      const noise = sumOver(pp, set) - 2 * alpha * cross + alpha * alpha * power;
      const ratio = (alpha * alpha * power) / (Math.max(0, noise) + EPSILON);
      sum -= 10 * Math.log10(ratio + EPSILON);
    }
  }
  return sum / (groups * combinations.length);
}

function centred(signal: Float32Array): Float64Array {
  const mean = signal.reduce((sum, x) => sum + x, 0) / signal.length;
  return Float64Array.from(signal, (x) => x - mean);
}

/** Inner products of all of some signals with all of others. */
function products(a: readonly Float64Array[], b: readonly Float64Array[]): Float64Array {
  return Float64Array.from({ length: TARGETS * TARGETS }, (_, i) => {
    const [x, y] = [a[Math.floor(i / TARGETS)], b[i % TARGETS]];
    let sum = 0;
    for (let n = 0; n < x.length; n++) sum += x[n] * y[n];
    return sum;
  });
}

/** Sum over all pairs of targets in a set. */
function sumOver(values: Float64Array, set: number): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const [j, k] = [Math.floor(i / TARGETS), i % TARGETS];
    if ((set >> j) & 1 && (set >> k) & 1) sum += values[i];
  }
  return sum;
}
