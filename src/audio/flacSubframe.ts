/** Decodes one channel of a FLAC frame: a predictor and its Rice-coded residual. (RFC 9639, section 9.2.) */
import type { BitReader } from "./bitReader.ts";

/** What is wrong with a frame; the caller knows the file. */
export class FlacFrameError extends Error {}

/** Fixed predictors of order 0 to 4, newest sample first. */
const fixedPredictors = [[], [1], [2, -1], [3, -3, 1], [4, -6, 4, -1]] as const;

/**
 * Samples as whole numbers. They are doubles: sums of 32 products of 33 and 15 bits are exact in them.
 * @param depth bits per sample, the one more of a side channel included.
 */
export function decodeSubframe(reader: BitReader, blockSize: number, depth: number): Float64Array {
  if (reader.unsigned(1) !== 0) throw new FlacFrameError("a subframe is malformed");
  const type = reader.unsigned(6);
  const wasted = reader.unsigned(1) === 0 ? 0 : reader.unary() + 1;
  const bits = depth - wasted;
  if (bits < 1) throw new FlacFrameError("a subframe has no bits left");
  const samples = new Float64Array(blockSize);
  if (type === 0) samples.fill(reader.signed(bits));
  else if (type === 1) for (let i = 0; i < blockSize; i++) samples[i] = reader.signed(bits);
  else if (type >= 8 && type <= 12) {
    const order = type - 8;
    readWarmUp(reader, samples, order, bits);
    readResidual(reader, samples, order);
    predict(samples, fixedPredictors[order], 0);
  } else if (type >= 32) {
    const order = type - 31;
    readWarmUp(reader, samples, order, bits);
    const precision = reader.unsigned(4) + 1;
    const shift = reader.signed(5);
    if (precision === 16 || shift < 0) throw new FlacFrameError("a predictor is malformed");
    const coefs = Array.from({ length: order }, () => reader.signed(precision));
    readResidual(reader, samples, order);
    predict(samples, coefs, shift);
  } else throw new FlacFrameError("a subframe is of a reserved type");
  if (wasted > 0) {
    const scale = 2 ** wasted;
    for (let i = 0; i < blockSize; i++) samples[i] *= scale;
  }
  return samples;
}

function readWarmUp(reader: BitReader, samples: Float64Array, order: number, bits: number): void {
  if (order > samples.length) throw new FlacFrameError("a predictor is longer than its block");
  for (let i = 0; i < order; i++) samples[i] = reader.signed(bits);
}

function readResidual(reader: BitReader, samples: Float64Array, order: number): void {
  const method = reader.unsigned(2);
  if (method > 1) throw new FlacFrameError("a residual is of a reserved kind");
  const parameterBits = 4 + method;
  const unpacked = 2 ** parameterBits - 1;
  const partitions = 1 << reader.unsigned(4);
  const length = samples.length / partitions;
  if (!Number.isInteger(length) || length < order) {
    throw new FlacFrameError("a residual's partitions do not fit its block");
  }
  for (let partition = 0; partition < partitions; partition++) {
    const from = partition === 0 ? order : partition * length;
    const count = (partition + 1) * length - from;
    const k = reader.unsigned(parameterBits);
    if (k === unpacked) {
      const bits = reader.unsigned(5);
      for (let i = 0; i < count; i++) samples[from + i] = reader.signed(bits);
    } else reader.rice(k, samples, from, count);
  }
}

/** Adds ⌊Σ coefs[j]·samples[i−1−j] / 2^shift⌋ to every sample after the warm-up, in place. */
function predict(samples: Float64Array, coefs: readonly number[], shift: number): void {
  const order = coefs.length;
  const weights = Float64Array.from(coefs);
  const scale = 2 ** -shift;
  for (let i = order; i < samples.length; i++) {
    let sum = 0;
    for (let j = 0; j < order; j++) sum += weights[j] * samples[i - 1 - j];
    samples[i] += Math.floor(sum * scale);
  }
}
