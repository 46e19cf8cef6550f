/**
 * HAAQI as a loss of waveforms, for fine-tuning: 1 − HAAQI of a few stem-channels a step, as listeners with a linear
 * hearing aid hear them.
 *
 * Estimate and truth are resampled to 24 kHz and go through the listener's NAL-R, both without any delay; there is no
 * alignment and no noise, and the filters' widths are taken as given.
 */
import { ArgumentError } from "../../../errors.ts";
import { type Audiogram, earLevels, namedAudiogram } from "../audiogram.ts";
import { bandLosses } from "../cochlea.ts";
import { fineResample, fineResampleBack } from "../fineResample.ts";
import { MODEL_RATE, rms } from "../modelRate.ts";
import { convolve, prescriptionFilter } from "../prescription.ts";
import { haaqiGradient, hearReference } from "./haaqiGradient.ts";

/** Who listens in training, and to how much. */
export interface HaaqiLossSettings {
  /** Drawn from for every channel; "random": any sloping loss up to a moderately severe one. */
  readonly audiograms: readonly Audiogram[] | "random";
  /** Stem-channels a step, drawn anew each time; 1 by default. */
  readonly channels?: number;
  /** Level of the truth, dB SPL; 65 by default. */
  readonly level?: number;
  /** Hz; 44100 by default. */
  readonly sampleRate?: number;
  /** Of the draws; 0 by default. */
  readonly seed?: number;
}

/** Order of the prescription's filter at 24 kHz. */
const ORDER = 140;
/** Truths of a lower root mean square (−80 dB FS) are skipped: nothing is to be heard. */
const LEAST_RMS = 1e-4;
const LEAST_SECONDS = 0.5;

/** A loss with a gradient by every waveform. Which channels count is drawn in order, the same for the same seed. */
export class HaaqiLoss {
  readonly name = "haaqi";
  readonly #settings: HaaqiLossSettings;
  /** Never 0. */
  #state: number;
  readonly #sampleRate: number;

  constructor(settings: HaaqiLossSettings) {
    const { audiograms, channels = 1, sampleRate = 44100, seed = 0 } = settings;
    if (audiograms !== "random" && audiograms.length === 0) {
      throw new ArgumentError("The HAAQI loss needs an audiogram.", 'Give some, or "random".');
    }
    if (!Number.isInteger(channels) || channels < 1) {
      throw new ArgumentError(`The HAAQI loss needs 1 channel a step or more, not ${channels}.`);
    }
    this.#settings = settings;
    this.#sampleRate = sampleRate;
    this.#state = Math.imul(seed + 1, 0x9e3779b1) | 1;
    for (let i = 0; i < 8; i++) this.#uniform();
  }

  /**
   * Mean of 1 − HAAQI over the channels that are drawn.
   * @param estimates waveforms of equal length, in any order; @param references the true ones in the same order.
   * @returns the loss, and its gradient by every estimate; 0 for channels that were not drawn. Where all that are drawn
   * have a silent truth, both are 0.
   * @throws ArgumentError for waveforms under half a second.
   */
  compute(
    estimates: readonly Float32Array[],
    references: readonly Float32Array[],
  ): { readonly loss: number; readonly gradient: readonly Float32Array[] } {
    const gradient = estimates.map((samples) => new Float32Array(samples.length));
    const heard = this.#draw(references);
    let loss = 0;
    for (const { channel, audiogram } of heard) {
      const one = this.channel(estimates[channel], references[channel], audiogram);
      loss += (1 - one.haaqi) / heard.length;
      const out = gradient[channel];
      for (let i = 0; i < out.length; i++) out[i] -= one.gradient[i] / heard.length;
    }
    return { loss, gradient };
  }

  /** HAAQI of one channel, as this loss has it, and its gradient by the estimate. */
  channel(
    estimate: Float32Array,
    reference: Float32Array,
    audiogram: Audiogram,
  ): { readonly haaqi: number; readonly gradient: Float64Array } {
    const rate = this.#sampleRate;
    if (!(reference.length >= LEAST_SECONDS * rate)) {
      throw new ArgumentError(
        `The HAAQI loss was given ${reference.length} samples at ${rate} Hz.`,
        `Use excerpts of at least ${LEAST_SECONDS} s.`,
      );
    }
    const levels = earLevels(audiogram);
    const taps = prescriptionFilter(levels, ORDER, MODEL_RATE);
    const fullScale = (this.#settings.level ?? 65) - 20 * Math.log10(rms(reference));
    const [truth, own] = [reference, estimate].map((x) =>
      aided(fineResample(x, rate, MODEL_RATE), taps),
    );
    const heard = hearReference(truth, bandLosses(levels), fullScale);
    const { score, gradient } = haaqiGradient(heard, own, { bandwidth: "detached" });
    // The filter is symmetric, so it is its own way back.
    const bySignal = fineResampleBack(aided(gradient, taps), estimate.length, rate, MODEL_RATE);
    return { haaqi: score.haaqi, gradient: bySignal };
  }

  #draw(references: readonly Float32Array[]) {
    const audible = references.flatMap((samples, c) => (rms(samples) > LEAST_RMS ? [c] : []));
    const count = Math.min(this.#settings.channels ?? 1, audible.length);
    return Array.from({ length: count }, () => {
      const [channel] = audible.splice(this.#below(audible.length), 1);
      return { channel, audiogram: this.#audiogram() };
    });
  }

  #audiogram(): Audiogram {
    const { audiograms } = this.#settings;
    if (audiograms !== "random") return audiograms[this.#below(audiograms.length)];
    const { frequencies, levels } = namedAudiogram("moderate-severe");
    const share = this.#uniform();
    return { frequencies, levels: levels.map((level) => share * level) };
  }

  #below(count: number): number {
    return Math.min(count - 1, Math.floor(this.#uniform() * count));
  }

  /** Uniform in 0 … 1 (Marsaglia, Xorshift RNGs, 2003). */
  #uniform(): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) / 2 ** 32;
  }
}

/** Through a symmetric filter, its delay taken back. */
function aided(signal: ArrayLike<number>, taps: Float64Array): Float64Array {
  const half = (taps.length - 1) / 2;
  return convolve(signal, taps).slice(half, half + signal.length);
}
