/** One band of one ear, forward and back: filters, compression, hair cells. */
import { type BandLoss, bandwidths, controlWidths, widthAtLevel } from "../cochlea.ts";
import { MODEL_RATE } from "../modelRate.ts";
import { lowPass } from "../recursive.ts";
import { type Gammatone, gainByPole, gammatone, turnCarrier } from "./gammatone.ts";
import type { TapeMemory } from "./tapeMemory.ts";

const TINY = 1e-30;
const PER_NEPER = 20 / Math.LN10;
/** The first-order low-pass of the gain: numerator b + b z⁻¹, denominator 1 − a z⁻¹. */
const [SMOOTHING_B, SMOOTHING_A] = (({ b, a }) => [b[0], -a[1]])(lowPass(800, MODEL_RATE));

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

/** What {@link BandTape.forward} did last. */
interface Recorded {
  readonly band: number;
  readonly loss: BandLoss;
  readonly delays: readonly [number, number];
  readonly filter: Gammatone;
  readonly control: Gammatone;
  readonly envelopeRms: number;
  readonly controlRms: number;
}

/** One band after the other of one signal. */
export class BandTape {
  readonly #memory: TapeMemory;
  readonly #count: number;
  readonly #level: number;
  #recorded: Recorded | undefined;

  /**
   * @param signal at 24 kHz after the middle ear; @param level dB SPL of a root mean square of 1; @param memory this
   * tape's until the next one is made on it.
   */
  constructor(signal: Float64Array, level: number, memory: TapeMemory) {
    this.#memory = memory;
    this.#count = signal.length;
    this.#level = level;
    this.#view(memory.signal).set(signal);
    this.#view(memory.bySignal).fill(0);
  }

  /** By the signal: what {@link back} has added up; a copy. */
  get gradient(): Float64Array {
    return this.#view(this.#memory.bySignal).slice();
  }

  /**
   * Listens in one band.
   * @param delays samples by which envelope and motion are taken earlier.
   */
  forward(band: number, loss: BandLoss, delays: readonly [number, number]): BandOutput {
    const { kernels, carrier, ...places } = this.#memory;
    const count = this.#count;
    turnCarrier(band, kernels.f64(carrier, 2 * count));
    const run = ({ pole, gain }: Gammatone, poles: number, out: number) => {
      const power = kernels.exports.gammatoneForward(
        pole,
        places.signal,
        carrier,
        count,
        poles,
        out,
      );
      return gain * Math.sqrt(power / count);
    };
    const control = gammatone(band, controlWidths[band]);
    const controlRms = run(control, places.controlPoles, places.control);
    const width = widthAtLevel(band, loss, controlRms, this.#level);
    const filter = gammatone(band, width);
    const envelopeRms = run(filter, places.poles, places.output);
    this.#recorded = { band, loss, delays, filter, control, envelopeRms, controlRms };
    this.#compress(loss, filter, control);
    this.#adapt(loss, delays);
    const [envelope, motion] = [places.adapted, places.heard].map((p) => this.#view(p).slice());
    return { envelope, motion, envelopeRms, controlRms, width };
  }

  #compress({ outer, knee, ratio }: BandLoss, filter: Gammatone, control: Gammatone): void {
    const { kernels, raw, gains, envelopes, motions, ...places } = this.#memory;
    const count = this.#count;
    kernels.exports.powerGains(
      places.control,
      count,
      control.gain ** 2 * 10 ** ((this.#level - knee) / 10),
      10 ** ((100 - knee) / 10),
      10 ** (-outer / 20),
      -(1 - 1 / ratio) / 2,
      raw,
    );
    const [b, a] = [SMOOTHING_B, SMOOTHING_A];
    const { output, carrier } = places;
    kernels.exports.compressBand(
      output,
      carrier,
      raw,
      count,
      b,
      a,
      filter.gain,
      gains,
      envelopes,
      motions,
    );
  }

  #adapt({ inner }: BandLoss, [d, e]: readonly [number, number]): void {
    const { kernels, amplitudes, moved, adapted, heard, ...places } = this.#memory;
    const count = this.#count;
    const gains = this.#view(places.gains);
    const compressed = this.#view(amplitudes);
    gained(this.#view(places.envelopes), gains, d, compressed);
    for (let n = 0; n < count; n++) compressed[n] += TINY;
    gained(this.#view(places.motions), gains, e, this.#view(moved));
    this.#view(adapted).set(compressed);
    kernels.exports.sensationLevels(adapted, count, 10 ** ((this.#level - inner) / 20));
    kernels.exports.adaptBand(adapted, amplitudes, moved, count, heard);
  }

  /**
   * Adds to the gradient by the signal.
   * @param by gradient by what {@link forward} gave.
   * @param bandwidth whether the filter's width counts as a function of the signal.
   */
  back(by: BandOutputGradient, bandwidth: "exact" | "detached"): void {
    if (!this.#recorded) return;
    const { band, loss, filter, control, envelopeRms, controlRms } = this.#recorded;
    const { kernels, carrier, byOutput, bySignal, ...places } = this.#memory;
    const count = this.#count;
    this.#adaptBack(by, this.#recorded);
    this.#compressBack(this.#recorded);
    const byGain = kernels.exports.envelopeBack(
      places.output,
      carrier,
      places.envelopes,
      places.motions,
      places.byEnvelopes,
      places.byMotions,
      count,
      filter.gain,
      envelopeRms > 0 ? by.envelopeRms / (count * envelopeRms) : 0,
      byOutput,
    );
    const runBack = ({ pole }: Gammatone, poles: number) =>
      kernels.exports.gammatoneBack(pole, carrier, poles, byOutput, count, bySignal);
    const byPole = runBack(filter, places.poles);
    let byControlRms = by.controlRms;
    const spl = controlRms > 0 ? 20 * Math.log10(controlRms) + this.#level : 0;
    if (bandwidth === "exact" && spl > 50 && spl < 100) {
      const poleByWidth = (filter.pole * -2 * Math.PI * 1.019 * bandwidths[band]) / MODEL_RATE;
      const byWidth = (byPole + byGain * gainByPole(filter)) * poleByWidth;
      const widthByLevel = (controlWidths[band] - loss.width) / 50;
      byControlRms += (byWidth * widthByLevel * PER_NEPER) / controlRms;
    }
    const each = controlRms > 0 ? byControlRms / (2 * count * controlRms) : 0;
    const factor = 2 * control.gain ** 2;
    kernels.exports.weighComplex(places.control, places.raw, each, factor, count, byOutput);
    runBack(control, places.controlPoles);
  }

  /** To gradients by compressed envelope and motion, at their own times. */
  #adaptBack(by: BandOutputGradient, { loss, delays }: Recorded): void {
    const { kernels, adapted, amplitudes, moved, byAmplitudes, byMoved, ...places } = this.#memory;
    this.#view(byAmplitudes).set(by.envelope);
    this.#view(byMoved).set(by.motion);
    kernels.exports.adaptBack(
      adapted,
      amplitudes,
      moved,
      this.#count,
      10 ** ((loss.inner - this.#level) / 20),
      PER_NEPER,
      byAmplitudes,
      byMoved,
    );
    shifted(this.#view(byAmplitudes), delays[0], this.#view(places.byEnvelopes));
    shifted(this.#view(byMoved), delays[1], this.#view(places.byMotions));
  }

  /** To gradients by uncompressed signals, and, in the place of raw gains, by the control filter's power. */
  #compressBack({ loss: { knee, ratio }, control }: Recorded): void {
    const memory = this.#memory;
    const [least, most] = [knee, 100].map((spl) => 10 ** ((spl - this.#level) / 10));
    memory.kernels.exports.compressBack(
      memory.control,
      memory.raw,
      memory.gains,
      memory.envelopes,
      memory.motions,
      this.#count,
      SMOOTHING_B,
      SMOOTHING_A,
      control.gain ** 2,
      least,
      most,
      -(1 - 1 / ratio) / 2,
      memory.byEnvelopes,
      memory.byMotions,
    );
  }

  #view(pointer: number): Float64Array {
    return this.#memory.kernels.f64(pointer, this.#count);
  }
}

/** A signal times its gains, `early` samples earlier; zeros where it has ended or not begun. */
function gained(signal: Float64Array, gains: Float64Array, early: number, out: Float64Array): void {
  out.fill(0);
  const end = Math.min(out.length, out.length - early);
  for (let n = Math.max(0, -early); n < end; n++) out[n] = signal[n + early] * gains[n + early];
}

/** A signal some samples later, or earlier if there are fewer than none. */
function shifted(signal: Float64Array, samples: number, out: Float64Array): void {
  out.fill(0);
  const kept = signal.subarray(Math.max(0, -samples), signal.length - Math.max(0, samples));
  out.set(kept, Math.max(0, samples));
}
