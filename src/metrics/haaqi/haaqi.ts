/**
 * HAAQI, the Hearing-Aid Audio Quality Index, version 1 (Kates and Arehart, "The Hearing-Aid Audio Quality Index
 * (HAAQI)", IEEE/ACM TASLP 24, 2016), as the Clarity and Cadenza challenges compute it.
 */
import { ArgumentError } from "../../errors.ts";
import type { Samples } from "../bss/correlations.ts";
import { Pace } from "../pace.ts";
import { type AlignedPair, alignPair } from "./alignment.ts";
import { type Audiogram, earLevels } from "./audiogram.ts";
import { BANDS, bandLosses } from "./cochlea.ts";
import { type BandFeatures, EarModel, type Listening } from "./ears.ts";
import { fineResample } from "./fineResample.ts";
import { audibleTiles, synchronised } from "./fineStructure.ts";
import type { LegacyRandom } from "./legacyRandom.ts";
import { MiddleEar } from "./middleEar.ts";
import { MODEL_RATE, rms, toModelRate } from "./modelRate.ts";
import { audibleSegments, highModulation } from "./modulation.ts";
import { PairConvolution, prescriptionFilter } from "./prescription.ts";
import { spectralDifference } from "./spectra.ts";

/**
 * What is done for the reference's ear: "prescription" gives it NAL-R inside and the listener's loss (the index as
 * Cadenza uses it, mode 1 of the original), "done" says that the caller has given it NAL-R (mode 2), "none" makes it a
 * healthy ear without gain (mode 0).
 */
export type Equalisation = "prescription" | "done" | "none";

/** Who listens, and how. */
export interface HaaqiOptions {
  readonly audiogram: Audiogram;
  /** Level of the reference, dB SPL; 65 by default. An estimate keeps its level relative to it. */
  readonly level?: number;
  /** Instead of `level`: dB SPL of a signal whose root mean square is 1. */
  readonly fullScale?: number;
  /**
   * How other rates become 24 kHz: "fine" (by default) as in the Cadenza challenge, before the index; "original" by the
   * index's own filter, which takes 44.1 kHz for 44 and so hears everything 0.23 % too low.
   */
  readonly resampling?: "fine" | "original";
  /** "prescription" by default. */
  readonly equalisation?: Equalisation;
  /** Numbers for the model's noise, drawn on from call to call; "off" is another metric in the second digit. */
  readonly noise: LegacyRandom | "off";
  readonly signal?: AbortSignal;
  /** Called with the finished fraction, 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
}

/** A score, and what it is made of. */
export interface HaaqiScore {
  /** About 0 (bad) to 0.999. */
  readonly haaqi: number;
  /** 0.754·modulation³ + 0.246·synchrony. */
  readonly nonlinear: number;
  /** 0.329·loudness + 0.671·spectrum. */
  readonly linear: number;
  /** Agreement of envelope modulation of 20 to 125 Hz, 0 to 1 ("cephigh"). */
  readonly modulation: number;
  /** Agreement of fine structure, 0 to 1 ("bmsync5"). */
  readonly synchrony: number;
  /** Agreement of the long-term spectra, in shares and relative to them, 0 to 1. */
  readonly loudness: number;
  readonly spectrum: number;
  /** dB SPL of a root mean square of 1, as it was used. */
  readonly fullScale: number;
}

/** Less is refused: the numbers would mean nothing. */
export const LEAST_SECONDS = 0.5;
/** Order of the prescription's filter inside of the index. */
const ORDER = 140;
/** Samples of the reference that go through that filter at a time, for memory's sake. */
const PIECE = 1 << 16;

/** An index of audio quality for hearing-aid users, with memory that is kept from call to call. */
export class Haaqi {
  readonly #ears: EarModel;

  /** @param kernels "plain" runs the slow twins of the kernels. */
  constructor(kernels: "simd" | "plain" = "simd") {
    this.#ears = new EarModel(kernels);
  }

  /**
   * Scores one channel of an estimate against one of the reference.
   * @param reference, estimate samples at one rate; the longer one is cut.
   * @param sampleRate Hz, of both.
   * @returns "silent reference" where there is nothing to compare with.
   * @throws ArgumentError for NaN or infinity, signals under half a second, levels or audiograms out of range;
   * AbortError.
   */
  async score(
    reference: Samples,
    estimate: Samples,
    sampleRate: number,
    options: HaaqiOptions,
  ): Promise<HaaqiScore | "silent reference"> {
    const [score] = await this.scoreAll(reference, [estimate], sampleRate, options);
    return score;
  }

  /**
   * Scores one channel of several estimates against one of the reference: the same scores as one by one, each from the
   * same state of the noise, but the reference's ear and the noise are computed once. Memory grows with their number.
   * @param estimates samples, equally many of all of them.
   * @returns in the order of the estimates; all "silent reference" where there is nothing to compare with.
   * @throws as {@link score}; ArgumentError for estimates of different lengths.
   */
  async scoreAll(
    reference: Samples,
    estimates: readonly Samples[],
    sampleRate: number,
    options: HaaqiOptions,
  ): Promise<readonly (HaaqiScore | "silent reference")[]> {
    checkSignals(reference, estimates, sampleRate);
    const silent = estimates.map(() => "silent reference" as const);
    const power = rms(reference);
    if (power === 0 || estimates.length === 0) return silent;
    const fullScale = options.fullScale ?? (options.level ?? 65) - 20 * Math.log10(power);
    if (!(fullScale >= -100 && fullScale <= 300)) {
      throw new ArgumentError(
        `A level of ${options.fullScale ?? options.level} dB SPL cannot be used.`,
        "Give the reference's level in dB SPL, about 65.",
      );
    }
    if (!this.#place(reference, estimates, sampleRate, options)) return silent;
    const found = await listenTo(this.#ears, fullScale, options);
    const kept = audibleSegments(found[0]);
    // The original draws as many numbers for a noise of strength zero.
    if (options.noise !== "off" && kept.length >= 2) options.noise.skip(2 * BANDS * kept.length);
    return found.map((bands) => {
      const score = combine(bands, kept);
      return Number.isFinite(score.haaqi) ? { ...score, fullScale } : "silent reference";
    });
  }

  /** Aligns, and hands over to the ears; no signal is kept here. @returns false where the reference is silent. */
  #place(
    reference: Samples,
    estimates: readonly Samples[],
    sampleRate: number,
    options: HaaqiOptions,
  ): boolean {
    const resampled = (x: Samples) =>
      options.resampling === "original" || sampleRate === MODEL_RATE
        ? toModelRate(x, sampleRate)
        : fineResample(x, sampleRate, MODEL_RATE);
    const truth = resampled(reference);
    for (const [e, estimate] of estimates.entries()) {
      const processed = resampled(estimate);
      if (e === 0) this.#ears.makeRoom(Math.min(truth.length, processed.length), estimates.length);
      const pair = alignPair(truth, processed, this.#ears.correlate);
      if (!pair) return false;
      if (e === 0) placeReference(this.#ears, pair, estimates.length, options);
      placeEstimate(this.#ears, pair, e);
    }
    return true;
  }
}

/** Makes room, and hands the reference over. */
function placeReference(
  ears: EarModel,
  pair: AlignedPair,
  estimates: number,
  { audiogram, equalisation = "prescription" }: HaaqiOptions,
): void {
  ears.prepare(pair.reference.length, estimates);
  ownReference(pair, earLevels(audiogram), equalisation, entrance(ears.input(0)));
}

function placeEstimate(ears: EarModel, { estimate }: AlignedPair, number: number): void {
  estimate.forEach(entrance(ears.input(1 + number)));
}

/** Where a signal comes in, piece after piece, through a middle ear. */
function entrance(input: Float32Array): (piece: Samples) => void {
  const ear = new MiddleEar();
  let at = 0;
  return (piece) => {
    ear.run(piece, input.subarray(at, at + piece.length));
    at += piece.length;
  };
}

/** What ears make of an aligned pair. @param level dB SPL of a root mean square of 1. */
export async function hearPair(
  ears: EarModel,
  pair: AlignedPair,
  level: number,
  options: HaaqiOptions,
  limits?: Pick<Listening, "leastTile">,
): Promise<readonly BandFeatures[]> {
  placeReference(ears, pair, 1, options);
  placeEstimate(ears, pair, 0);
  const [bands] = await listenTo(ears, level, options, limits);
  return bands;
}

function listenTo(
  ears: EarModel,
  level: number,
  { audiogram, equalisation, noise, signal, onProgress }: HaaqiOptions,
  limits?: Pick<Listening, "leastTile">,
): Promise<readonly (readonly BandFeatures[])[]> {
  const levels = earLevels(audiogram);
  const loss = bandLosses(levels);
  const healthy = bandLosses(new Float64Array(levels.length));
  return ears.listen(
    {
      losses: [equalisation === "none" ? healthy : loss, loss],
      level,
      ...(noise !== "off" && { random: noise }),
      ...limits,
    },
    new Pace(signal),
    (band) => onProgress?.((band + 1) / BANDS),
  );
}

/**
 * The reference as its ear gets it, piece after piece; views that last until the next one. With NAL-R it comes 70 samples
 * early, as in the original.
 */
export function ownReference(
  { reference }: AlignedPair,
  levels: Float64Array,
  equalisation: Equalisation,
  visit: (piece: Samples) => void,
): void {
  if (equalisation !== "prescription") {
    visit(reference);
    return;
  }
  const taps = prescriptionFilter(levels, ORDER, MODEL_RATE);
  // Two pieces go through the filter at once.
  const length = Math.min(PIECE, Math.ceil(reference.length / 2));
  const convolution = new PairConvolution([taps, taps], length);
  const out = [0, 1].map(() => new Float64Array(length + 2 * ORDER));
  for (let at = 0; at < reference.length; at += 2 * length) {
    const pieces = [at, at + length].map((from) => reference.subarray(from, from + length + ORDER));
    convolution.run([pieces[0], pieces[1]], [out[0], out[1]]);
    for (const [c, from] of [at, at + length].entries()) {
      const own = Math.min(length, reference.length - from);
      if (own > 0) visit(out[c].subarray(ORDER, ORDER + own));
    }
  }
}

/** The index from what the ears heard. @param kept segments that count. */
function combine(
  bands: readonly BandFeatures[],
  kept: readonly number[],
): Omit<HaaqiScore, "fullScale"> {
  const modulation = kept.length >= 2 ? highModulation(bands, kept) : 0;
  const synchrony = synchronised(bands, audibleTiles(bands));
  const { loud, norm } = spectralDifference(bands);
  return indexOf(modulation, synchrony, loud, norm);
}

/** The last formula: two models, each of a line and a parabola. */
export function indexOf(
  modulation: number,
  synchrony: number,
  loud: number,
  norm: number,
): Omit<HaaqiScore, "fullScale"> {
  const loudness = Math.min(1, Math.max(0, 1 - loud / 2.5));
  const spectrum = Math.min(1, Math.max(0, 1 - norm / 25));
  const nonlinear = 0.754 * modulation ** 3 + 0.246 * synchrony;
  const linear = 0.329 * loudness + 0.671 * spectrum;
  const haaqi = 0.336 * nonlinear + 0.001 * linear + 0.501 * nonlinear ** 2 + 0.161 * linear ** 2;
  return { haaqi, nonlinear, linear, modulation, synchrony, loudness, spectrum };
}

function checkSignals(reference: Samples, estimates: readonly Samples[], sampleRate: number): void {
  checkSignal("reference", reference, sampleRate);
  for (const estimate of estimates) checkSignal("estimate", estimate, sampleRate);
  const lengths = new Set(estimates.map(({ length }) => Math.min(length, reference.length)));
  if (lengths.size > 1) {
    throw new ArgumentError(
      `The estimates have different lengths: ${[...lengths].join(", ")} samples.`,
      "Score them one by one.",
    );
  }
}

function checkSignal(name: string, signal: Samples, sampleRate: number): void {
  for (let i = 0; i < signal.length; i++) {
    if (!Number.isFinite(signal[i])) {
      throw new ArgumentError(
        `Sample ${i} of the ${name} is ${signal[i]}.`,
        "Give finite samples; the index would be a number without meaning.",
      );
    }
  }
  if (!(signal.length >= LEAST_SECONDS * sampleRate)) {
    throw new ArgumentError(
      `The ${name} has ${signal.length} samples at ${sampleRate} Hz.`,
      `HAAQI needs at least ${LEAST_SECONDS} s.`,
    );
  }
}
