/** One band of one ear, forward and back: filters, compression, hair cells. Formulas as in the kernels. */
import { type BandLoss, bandwidths, controlWidths, widthAtLevel } from "../cochlea.ts";
import { MODEL_RATE } from "../modelRate.ts";
import { lowPass } from "../recursive.ts";
import type { BlockKernels } from "./blockKernels.ts";
import {
  type ComplexSignal,
  type Gammatone,
  gainByPole,
  gammatone,
  gammatoneBack,
  runPoles,
  runZeros,
  turnCarrier,
} from "./gammatoneTape.ts";

const TINY = 1e-30;
const PER_NEPER = 20 / Math.LN10;
/** Powers of the control filter below this are silence. */
const LEAST_POWER = 1e-60;

/** The adaptation's recursion: (v₁, v₂) = m·s + M·(v₁, v₂). */
const { m1, m2, m11, m12, m21, m22 } = (() => {
  const d = 1 / (36.75 * 480.5 - 0.125);
  return {
    m1: (d * 480.5) / 4,
    m2: (d * 0.25) / 4,
    m11: d * 480.5 * 36,
    m12: d * 0.5 * 480,
    m21: d * 0.25 * 36,
    m22: d * 36.75 * 480,
  };
})();

/** What the ear gives of a band, from its own beginning: no shift for other bands' delays. */
export interface BandOutput {
  /** dB SL. */
  readonly envelope: Float64Array;
  readonly motion: Float64Array;
  readonly envelopeRms: number;
  readonly controlRms: number;
  readonly width: number;
}

/** The gradient by {@link BandOutput}. */
export interface BandOutputGradient {
  readonly envelope: Float64Array;
  readonly motion: Float64Array;
  readonly envelopeRms: number;
  readonly controlRms: number;
}

/** Memory of one band, used for one after the other. */
export class BandTape {
  readonly #count: number;
  readonly #signal: Float64Array;
  readonly #level: number;
  readonly #controlPoles: ComplexSignal;
  readonly #control: ComplexSignal;
  readonly #poles: ComplexSignal;
  readonly #output: ComplexSignal;
  readonly #raw: Float64Array;
  readonly #gain: Float64Array;
  readonly #envelope: Float64Array;
  readonly #motion: Float64Array;
  readonly #adapted: Float64Array;
  readonly #filters: { control: Gammatone; signal: Gammatone };
  readonly #carrier: ComplexSignal;
  readonly #kernels: BlockKernels;
  #band = 0;
  #loss: BandLoss | undefined;
  #delays: readonly [number, number] = [0, 0];
  #rms: { control: number; envelope: number } = { control: 0, envelope: 0 };

  /** @param signal at 24 kHz after the middle ear; @param level dB SPL of a root mean square of 1. */
  constructor(signal: Float64Array, level: number, kernels: BlockKernels) {
    this.#kernels = kernels;
    const count = signal.length;
    const array = () => new Float64Array(count);
    const complex = (): ComplexSignal => ({ re: array(), im: array() });
    this.#count = count;
    this.#signal = signal;
    this.#level = level;
    this.#carrier = complex();
    this.#controlPoles = complex();
    this.#control = complex();
    this.#poles = complex();
    this.#output = complex();
    [this.#raw, this.#gain, this.#envelope, this.#motion, this.#adapted] = Array.from(
      { length: 5 },
      array,
    );
    this.#filters = { control: { pole: 0, gain: 0 }, signal: { pole: 0, gain: 0 } };
  }

  /**
   * Listens in one band.
   * @param delays samples by which envelope and motion are taken earlier.
   */
  forward(band: number, loss: BandLoss, delays: readonly [number, number]): BandOutput {
    const count = this.#count;
    this.#band = band;
    this.#loss = loss;
    this.#delays = delays;
    turnCarrier(band, this.#carrier);
    const control = gammatone(band, controlWidths[band]);
    this.#filters.control = control;
    runPoles(this.#signal, this.#carrier, control, this.#controlPoles);
    runZeros(control, this.#controlPoles, this.#control);
    const controlRms = control.gain * Math.sqrt(meanPower(this.#control));
    const width = widthAtLevel(band, loss, controlRms, this.#level);
    const filter = gammatone(band, width);
    this.#filters.signal = filter;
    runPoles(this.#signal, this.#carrier, filter, this.#poles);
    runZeros(filter, this.#poles, this.#output);
    const envelopeRms = filter.gain * Math.sqrt(meanPower(this.#output));
    this.#rms = { control: controlRms, envelope: envelopeRms };
    this.#compress(loss);
    const output = { envelope: new Float64Array(count), motion: new Float64Array(count) };
    this.#adapt(loss, output);
    return { ...output, envelopeRms, controlRms, width };
  }

  #compress(loss: BandLoss): void {
    const { re: ur, im: ui } = this.#output;
    const { re: wr, im: wi } = this.#carrier;
    const { control, signal } = this.#filters;
    const g = signal.gain;
    const smoothing = lowPass(800, MODEL_RATE);
    const [b, a] = [smoothing.b[0], -smoothing.a[1]];
    this.#kernels.gains(this.#control, control.gain, loss, this.#level, this.#raw);
    let [before, gain] = [0, 0];
    for (let n = 0; n < this.#count; n++) {
      const raw = this.#raw[n];
      gain = b * (raw + before) + a * gain;
      before = raw;
      this.#gain[n] = gain;
      this.#envelope[n] = g * Math.sqrt(ur[n] * ur[n] + ui[n] * ui[n]);
      this.#motion[n] = g * (ur[n] * wr[n] + ui[n] * wi[n]);
    }
  }

  #adapt(
    { inner }: BandLoss,
    out: { readonly envelope: Float64Array; readonly motion: Float64Array },
  ): void {
    const [d, e] = this.#delays;
    let [v1, v2] = [0, 0];
    const levels = out.envelope;
    for (let n = 0; n < this.#count; n++) {
      levels[n] = (this.#envelope[n + d] * this.#gain[n + d] || 0) + TINY;
    }
    this.#kernels.levels(levels, this.#level - inner);
    for (let n = 0; n < this.#count; n++) {
      const envelope = (this.#envelope[n + d] * this.#gain[n + d] || 0) + TINY;
      const s = levels[n];
      const next = m1 * s + m11 * v1 + m12 * v2;
      v2 = m2 * s + m21 * v1 + m22 * v2;
      v1 = next;
      const adapted = Math.max(0, 2 * (s - v1));
      out.envelope[n] = adapted;
      this.#adapted[n] = adapted;
      const motion = this.#motion[n + e] * this.#gain[n + e] || 0;
      out.motion[n] = (motion * (adapted + TINY)) / envelope;
    }
  }

  /**
   * Adds the gradient by the signal.
   * @param by gradient by what {@link forward} gave; its arrays are used up.
   * @param bandwidth whether the filter's width counts as a function of the signal.
   */
  back(by: BandOutputGradient, bandwidth: "exact" | "detached", bySignal: Float64Array): void {
    const loss = this.#loss;
    if (!loss) return;
    const count = this.#count;
    const byEnvelope = new Float64Array(count);
    const byMotion = new Float64Array(count);
    this.#adaptBack(loss, by, byEnvelope, byMotion);
    const byPower = this.#compressBack(loss, byEnvelope, byMotion);
    const { signal: filter, control } = this.#filters;
    const { re: ur, im: ui } = this.#output;
    const { re: wr, im: wi } = this.#carrier;
    const { control: controlRms, envelope: envelopeRms } = this.#rms;
    const perSample = envelopeRms > 0 ? by.envelopeRms / (count * envelopeRms) : 0;
    const byOutput: ComplexSignal = { re: new Float64Array(count), im: new Float64Array(count) };
    let byGain = 0;
    for (let n = 0; n < count; n++) {
      const envelope = this.#envelope[n];
      const e = byEnvelope[n] + perSample * envelope;
      const m = byMotion[n];
      byGain += (e * envelope + m * this.#motion[n]) / filter.gain;
      const size = Math.sqrt(ur[n] ** 2 + ui[n] ** 2 + LEAST_POWER);
      byOutput.re[n] = filter.gain * ((e * ur[n]) / size + m * wr[n]);
      byOutput.im[n] = filter.gain * ((e * ui[n]) / size + m * wi[n]);
    }
    const byPole = gammatoneBack(filter, this.#carrier, this.#poles, byOutput, bySignal);
    let byControlRms = by.controlRms;
    const spl = controlRms > 0 ? 20 * Math.log10(controlRms) + this.#level : 0;
    if (bandwidth === "exact" && spl > 50 && spl < 100) {
      const poleByWidth =
        (filter.pole * -2 * Math.PI * 1.019 * bandwidths[this.#band]) / MODEL_RATE;
      const byWidth = (byPole + byGain * gainByPole(filter)) * poleByWidth;
      const widthByLevel = (controlWidths[this.#band] - loss.width) / 50;
      byControlRms += (byWidth * widthByLevel * PER_NEPER) / controlRms;
    }
    const each = controlRms > 0 ? byControlRms / (2 * count * controlRms) : 0;
    const { re, im } = this.#control;
    for (let n = 0; n < count; n++) {
      const factor = 2 * control.gain ** 2 * (byPower[n] + each);
      byOutput.re[n] = factor * re[n];
      byOutput.im[n] = factor * im[n];
    }
    gammatoneBack(control, this.#carrier, this.#controlPoles, byOutput, bySignal);
  }

  /** To gradients by compressed envelope and motion. */
  #adaptBack(
    { inner }: BandLoss,
    by: BandOutputGradient,
    byEnvelope: Float64Array,
    byMotion: Float64Array,
  ): void {
    const [d, e] = this.#delays;
    const count = this.#count;
    const threshold = 10 ** ((inner - this.#level) / 20);
    let [l1, l2] = [0, 0];
    for (let n = count - 1; n >= 0; n--) {
      const envelope = (this.#envelope[n + d] * this.#gain[n + d] || 0) + TINY;
      const adapted = this.#adapted[n];
      let [byAdapted, byHere] = [by.envelope[n], 0];
      if (adapted > 0) {
        const motion = this.#motion[n + e] * this.#gain[n + e] || 0;
        const ratio = (adapted + TINY) / envelope;
        const m = by.motion[n];
        if (n + e >= 0 && n + e < count) byMotion[n + e] += m * ratio;
        byAdapted += (m * motion) / envelope;
        byHere -= (m * motion * ratio) / envelope;
      } else byAdapted = 0;
      // λ[n] = Mᵀ·λ[n+1] and what comes from here.
      const next = m11 * l1 + m21 * l2 - 2 * byAdapted;
      l2 = m12 * l1 + m22 * l2;
      l1 = next;
      const bySensation = 2 * byAdapted + m1 * l1 + m2 * l2;
      if (envelope > threshold) byHere += (bySensation * PER_NEPER) / envelope;
      if (n + d >= 0 && n + d < count) byEnvelope[n + d] += byHere;
    }
  }

  /** From gradients by compressed signals to those by uncompressed ones, in place. @returns that by the control's power. */
  #compressBack(
    { knee, ratio }: BandLoss,
    byEnvelope: Float64Array,
    byMotion: Float64Array,
  ): Float64Array {
    const { re, im } = this.#control;
    const { gain: controlGain } = this.#filters.control;
    const smoothing = lowPass(800, MODEL_RATE);
    const [b, a] = [smoothing.b[0], -smoothing.a[1]];
    const slope = 1 - 1 / ratio;
    const [least, most] = [knee, 100].map((spl) => 10 ** ((spl - this.#level) / 10));
    const byPower = new Float64Array(this.#count);
    let later = 0;
    for (let n = this.#count - 1; n >= 0; n--) {
      const byGain = byEnvelope[n] * this.#envelope[n] + byMotion[n] * this.#motion[n];
      const here = byGain + a * later;
      const byRaw = b * (here + later);
      later = here;
      byEnvelope[n] *= this.#gain[n];
      byMotion[n] *= this.#gain[n];
      const power = controlGain * controlGain * (re[n] * re[n] + im[n] * im[n]);
      if (power > least && power < most) byPower[n] = (-byRaw * this.#raw[n] * slope) / (2 * power);
    }
    return byPower;
  }
}

function meanPower({ re, im }: ComplexSignal): number {
  let sum = 0;
  for (let n = 0; n < re.length; n++) sum += re[n] ** 2 + im[n] ** 2;
  return sum / re.length;
}
