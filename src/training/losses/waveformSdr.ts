/**
 * The scale-dependent SDR loss of waveforms (Le Roux et al. 2019, "SDR – half-baked or well done?"), mean over
 * the 14 combinations of one, two or three targets, with its gradient.
 *
 * Everything it needs are inner products of the four true stems and the four errors; those of all combinations
 * are sums of them, and so are the gradients combinations of the eight signals.
 */

import { targets } from "../../networks/index.ts";
import { combinations } from "./combinations.ts";
import type { WaveformLoss } from "./loss.ts";

const TARGETS = targets.length;
const EPSILON = 1e-8;

/** The loss with a weight. */
export function sdrOfWaveforms(weight: number): WaveformLoss {
  return { needs: "waveforms", name: "sdr", weight, compute: sdrLoss };
}

/**
 * Value, and gradient by every estimate.
 *
 * @param estimates waveforms of equal length, ordered item, target, channel (two channels)
 * @param references the true ones
 */
export function sdrLoss(
  estimates: readonly Float32Array[],
  references: readonly Float32Array[],
): ReturnType<WaveformLoss["compute"]> {
  const gradient = estimates.map((samples) => new Float32Array(samples.length));
  const groups = estimates.length / TARGETS;
  let loss = 0;
  for (let group = 0; group < groups; group++) {
    const first = Math.floor(group / 2) * 2 * TARGETS + (group % 2);
    const own = [...Array(TARGETS).keys()].map((target) => first + 2 * target);
    const result = channelLoss(
      own.map((i) => estimates[i]),
      own.map((i) => references[i]),
      own.map((i) => gradient[i]),
      1 / (groups * combinations.length),
    );
    loss += result;
  }
  return { loss, gradient };
}

/** The loss of one channel of one item, times `weight`; writes its gradient. */
function channelLoss(
  estimates: readonly Float32Array[],
  references: readonly Float32Array[],
  gradient: readonly Float32Array[],
  weight: number,
): number {
  const truth = references.map(centred);
  const errors = estimates.map((estimate, j) => {
    const difference = new Float64Array(estimate.length);
    for (let i = 0; i < estimate.length; i++) difference[i] = estimate[i] - references[j][i];
    return centred(difference);
  });
  const truths = gram(truth, truth);
  const crossed = gram(errors, truth);
  const noises = gram(errors, errors);
  // The gradient by estimate j is Σ_k byTruth[j][k]·truth_k + byError[j][k]·error_k.
  const byTruth = new Float64Array(TARGETS * TARGETS);
  const byError = new Float64Array(TARGETS * TARGETS);
  let loss = 0;
  for (const set of combinations) {
    const power = sumOver(truths, set);
    const noise = sumOver(noises, set) + EPSILON;
    const alpha = (power + sumOver(crossed, set)) / (power + EPSILON);
    const signal = alpha * alpha * power;
    const ratio = signal / noise + EPSILON;
    loss += weight * -10 * Math.log10(ratio);
    const slope = (-10 * weight) / (Math.LN10 * ratio);
    const ofTruth = (slope * 2 * alpha * power) / (power + EPSILON) / noise;
    const ofError = (-slope * 2 * signal) / (noise * noise);
    for (let j = 0; j < TARGETS; j++) {
      if (((set >> j) & 1) === 0) continue;
      for (let k = 0; k < TARGETS; k++) {
        if (((set >> k) & 1) === 0) continue;
        byTruth[j * TARGETS + k] += ofTruth;
        byError[j * TARGETS + k] += ofError;
      }
    }
  }
  for (let j = 0; j < TARGETS; j++) {
    const out = gradient[j];
    for (let k = 0; k < TARGETS; k++) {
      const a = byTruth[j * TARGETS + k];
      const b = byError[j * TARGETS + k];
      for (let i = 0; i < out.length; i++) out[i] += a * truth[k][i] + b * errors[k][i];
    }
  }
  return loss;
}

function centred(signal: Float32Array | Float64Array): Float64Array {
  let sum = 0;
  for (let i = 0; i < signal.length; i++) sum += signal[i];
  const mean = sum / signal.length;
  const out = new Float64Array(signal.length);
  for (let i = 0; i < out.length; i++) out[i] = signal[i] - mean;
  return out;
}

/** Inner products of four signals with four. */
function gram(a: readonly Float64Array[], b: readonly Float64Array[]): Float64Array {
  const out = new Float64Array(TARGETS * TARGETS);
  for (let j = 0; j < TARGETS; j++) {
    for (let k = 0; k < TARGETS; k++) {
      let sum = 0;
      for (let i = 0; i < a[j].length; i++) sum += a[j][i] * b[k][i];
      out[j * TARGETS + k] = sum;
    }
  }
  return out;
}

/** Inner product of the sums of two sets of signals: Σ over j and k in the set. */
function sumOver(products: Float64Array, set: number): number {
  let sum = 0;
  for (let j = 0; j < TARGETS; j++) {
    for (let k = 0; k < TARGETS; k++) {
      if (((set >> j) & 1) === 1 && ((set >> k) & 1) === 1) sum += products[j * TARGETS + k];
    }
  }
  return sum;
}
