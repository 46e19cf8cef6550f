/** Encodes one channel of a FLAC frame with whatever describes it in the fewest bits. (RFC 9639, section 9.2.) */
import type { BitWriter } from "./bitWriter.ts";
import {
  autocorrelation,
  bestPredictor,
  MAX_ORDER,
  type Predictor,
  residualOf,
  taper,
} from "./linearPrediction.ts";
import { planRice, type RicePlan, writeRice } from "./riceCode.ts";

const VERBATIM = 1;
const FIXED = 8;
const LINEAR = 32;

/** The predictors that need no coefficients: differences of order 0 to 4. */
const differences: readonly Predictor[] = [[], [1], [2, -1], [3, -3, 1], [4, -6, 4, -1]].map(
  (weights) => {
    const coefs = new Float64Array(MAX_ORDER);
    coefs.set(weights);
    return { order: weights.length, coefs, precision: 0, shift: 0 };
  },
);

/** A predictor and the code of what it does not foretell. */
interface Candidate {
  readonly kind: typeof FIXED | typeof LINEAR;
  readonly predictor: Predictor;
  readonly residual: Int32Array;
  readonly plan: RicePlan;
  /** Of the whole subframe, nearly. */
  readonly bits: number;
}

/** Writes subframes: of a constant, of differences, of a linear prediction, or of the samples as they are. */
export class FlacSubframeEncoder {
  readonly #samples: Float64Array;
  readonly #tapered: Float64Array;
  readonly #residuals: readonly [Int32Array, Int32Array];
  #taper: Float64Array;

  /** @param blockSize most samples of a block. */
  constructor(blockSize: number) {
    this.#samples = new Float64Array(blockSize);
    this.#tapered = new Float64Array(blockSize);
    this.#residuals = [new Int32Array(blockSize), new Int32Array(blockSize)];
    this.#taper = taper(blockSize);
  }

  /**
   * Writes `numbers`.
   * @param depth bits per sample, the one more of a side channel included.
   */
  write(writer: BitWriter, numbers: Int32Array, depth: number): void {
    const { length } = numbers;
    let used = 0;
    let changing = 0;
    for (let i = 0; i < length; i++) {
      used |= numbers[i];
      changing |= numbers[i] ^ numbers[0];
    }
    // Zeros at the end of every sample are told once.
    const wasted = used === 0 ? 0 : 31 - Math.clz32(used & -used);
    const bits = depth - wasted;
    const samples = this.#samples.subarray(0, length);
    const scale = 2 ** -wasted;
    for (let i = 0; i < length; i++) samples[i] = numbers[i] * scale;

    if (changing === 0) {
      writeType(writer, 0, wasted);
      writer.signed(samples[0], bits);
      return;
    }
    const best = this.#best(samples, bits);
    if (best) writeCandidate(writer, samples, bits, wasted, best);
    else {
      writeType(writer, VERBATIM, wasted);
      for (const sample of samples) writer.signed(sample, bits);
    }
  }

  /** The shortest candidate, if it is shorter than the samples themselves. */
  #best(samples: Float64Array, depth: number): Candidate | undefined {
    const linear = this.#linear(samples, depth);
    let best = linear && candidate(LINEAR, samples, linear, this.#residuals[0], depth);
    const fixed = bestDifference(samples);
    // A difference is tried where it may come near.
    if (!best || fixed.bits < 1.05 * best.bits) {
      const other = candidate(FIXED, samples, fixed.predictor, this.#residuals[1], depth);
      if (other && (!best || other.bits < best.bits)) best = other;
    }
    return best && best.bits < samples.length * depth ? best : undefined;
  }

  #linear(samples: Float64Array, depth: number): Predictor | undefined {
    const { length } = samples;
    if (length <= 2 * MAX_ORDER) return undefined;
    if (this.#taper.length !== length) this.#taper = taper(length);
    const window = this.#taper;
    const tapered = this.#tapered.subarray(0, length);
    for (let i = 0; i < length; i++) tapered[i] = samples[i] * window[i];
    return bestPredictor(autocorrelation(tapered), length, depth);
  }
}

function candidate(
  kind: Candidate["kind"],
  samples: Float64Array,
  predictor: Predictor,
  residual: Int32Array,
  depth: number,
): Candidate | undefined {
  if (!residualOf(samples, predictor, residual)) return undefined;
  const { order, precision } = predictor;
  const plan = planRice(residual, samples.length, order);
  const bits = 8 + plan.bits + order * (depth + precision) + (kind === LINEAR ? 9 : 0);
  return { kind, predictor, residual, plan, bits };
}

/** The difference whose magnitudes have the smallest sum, and the bits that they would take in one partition. */
function bestDifference(samples: Float64Array): { predictor: Predictor; bits: number } {
  const { length } = samples;
  let [d0, d1, d2, d3] = [0, 0, 0, 0];
  let [s0, s1, s2, s3, s4] = [0, 0, 0, 0, 0];
  for (let i = 0; i < length; i++) {
    const e0 = samples[i];
    const e1 = e0 - d0;
    const e2 = e1 - d1;
    const e3 = e2 - d2;
    const e4 = e3 - d3;
    // The first samples are written plainly whatever the order.
    if (i >= 4) {
      s0 += Math.abs(e0);
      s1 += Math.abs(e1);
      s2 += Math.abs(e2);
      s3 += Math.abs(e3);
      s4 += Math.abs(e4);
    }
    d0 = e0;
    d1 = e1;
    d2 = e2;
    d3 = e3;
  }
  const sums = [s0, s1, s2, s3, s4];
  const smallest = Math.min(...sums);
  const order = length <= 4 ? 0 : sums.indexOf(smallest);
  // A sign, a one, and the magnitude in the code that suits its mean.
  const bits = length * (2 + Math.max(0, Math.log2(smallest / length)));
  return { predictor: differences[order], bits };
}

function writeType(writer: BitWriter, type: number, wasted: number): void {
  writer.write(type, 7);
  writer.write(wasted > 0 ? 1 : 0, 1);
  if (wasted > 0) writer.unary(wasted - 1);
}

function writeCandidate(
  writer: BitWriter,
  samples: Float64Array,
  depth: number,
  wasted: number,
  { kind, predictor, residual, plan }: Candidate,
): void {
  const { order, coefs, precision, shift } = predictor;
  writeType(writer, kind === FIXED ? FIXED + order : LINEAR + order - 1, wasted);
  for (let i = 0; i < order; i++) writer.signed(samples[i], depth);
  if (kind === LINEAR) {
    writer.write(precision - 1, 4);
    writer.signed(shift, 5);
    for (let j = 0; j < order; j++) writer.signed(coefs[j], precision);
  }
  writeRice(writer, residual, samples.length, order, plan);
}
