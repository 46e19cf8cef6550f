/**
 * HAAQI as training wants it: of one channel as a listener with a linear hearing aid hears it, with its gradient by the
 * estimate.
 *
 * Estimate and truth are resampled to 24 kHz and go through the listener's NAL-R, both without any delay; there is no
 * alignment and no noise.
 */
import { ArgumentError } from "../../../errors.ts";
import type { Samples } from "../../bss/correlations.ts";
import { type Audiogram, earLevels } from "../audiogram.ts";
import { bandLosses } from "../cochlea.ts";
import { fineResample, fineResampleBack } from "../fineResample.ts";
import { LEAST_SECONDS } from "../haaqi.ts";
import { MODEL_RATE, rms } from "../modelRate.ts";
import { convolve, prescriptionFilter } from "../prescription.ts";
import { GradientKernels } from "./gradientKernels.ts";
import { haaqiGradient, hearReference } from "./haaqiGradient.ts";

/** Who listens to a channel, and how. */
export interface AidedListening {
  readonly audiogram: Audiogram;
  /** Level of the truth, dB SPL. */
  readonly level: number;
  /** Hz. */
  readonly sampleRate: number;
}

/** Order of the prescription's filter at 24 kHz. */
const ORDER = 140;
/** Kept from call to call. */
let kernels: GradientKernels | undefined;

/**
 * The index and its gradient by the estimate's samples.
 * @param estimate as long as the truth and in time with it; @param truth not silent.
 * @returns an index that is no number where nothing of the truth is loud enough to be heard.
 * @throws ArgumentError for waveforms under half a second.
 */
export function aidedGradient(
  estimate: Float32Array,
  truth: Float32Array,
  { audiogram, level, sampleRate }: AidedListening,
): { readonly haaqi: number; readonly gradient: Float64Array } {
  if (!(truth.length >= LEAST_SECONDS * sampleRate)) {
    throw new ArgumentError(
      `The HAAQI loss was given ${truth.length} samples at ${sampleRate} Hz.`,
      `Use excerpts of at least ${LEAST_SECONDS} s.`,
    );
  }
  const levels = earLevels(audiogram);
  const taps = prescriptionFilter(levels, ORDER, MODEL_RATE);
  const fullScale = level - 20 * Math.log10(rms(truth));
  const [reference, own] = [truth, estimate].map((x) =>
    aided(fineResample(x, sampleRate, MODEL_RATE), taps),
  );
  kernels ??= new GradientKernels();
  const heard = hearReference(reference, bandLosses(levels), fullScale, kernels);
  const { score, gradient } = haaqiGradient(heard, own);
  // The filter is symmetric, so it is its own way back.
  const back = aided(gradient, taps);
  return {
    haaqi: score.haaqi,
    gradient: fineResampleBack(back, estimate.length, sampleRate, MODEL_RATE),
  };
}

/** Through a symmetric filter, its delay taken back. */
function aided(signal: Samples, taps: Float64Array): Float64Array {
  const half = (taps.length - 1) / 2;
  return convolve(signal, taps).slice(half, half + signal.length);
}
