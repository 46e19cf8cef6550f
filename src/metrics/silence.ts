/** What an estimate still plays where its true stem is silent: SDR is undefined there, ears are not. */
import { ArgumentError } from "../errors.ts";
import type { Source } from "./bss/criteria.ts";
import { requireSameShape } from "./sameShape.ts";

/** Where a stem is looked at, in samples. */
export interface SilenceOptions {
  /** Length of the stretches, in samples: {@link SILENCE_SECONDS} of the field's rate by default. */
  readonly window: number;
  /** A stretch is silent where its reference's root mean square, over all channels, is below this; dBFS, −60 by default. */
  readonly threshold?: number;
}

/** Length of the stretches that a score looks at, in seconds. */
export const SILENCE_SECONDS = 0.5;

/** The lowest level that is told: an estimate that is silent too has it, dB. */
export const LEAST_SILENCE = -120;

/**
 * The level of an estimate in the stretches in which its reference is silent, relative to the mixture there:
 * 10·log₁₀(Σŝ² / Σx²), sums over those stretches and all channels. The lower, the better; 0 dB means that all of the
 * mixture comes through. Akin to the predicted energy at silence of Schulze-Forster and others (2019), which is absolute.
 * @param mixture all of one shape.
 * @returns dB, at least {@link LEAST_SILENCE}; NaN where the reference is never silent while something plays.
 * @throws ArgumentError if shapes differ or the window holds no sample.
 */
export function silenceLevel(
  reference: Source,
  estimate: Source,
  mixture: Source,
  { window, threshold = -60 }: SilenceOptions,
): number {
  requireSameShape(reference, estimate);
  requireSameShape(reference, mixture, "mixture");
  const length = reference[0]?.length ?? 0;
  if (!(window >= 1)) throw new ArgumentError(`A window of ${window} samples holds nothing.`);
  const most = 10 ** (threshold / 10);
  let [left, played] = [0, 0];
  for (let k = 0; Math.floor(k * window) < length; k++) {
    const from = Math.floor(k * window);
    const to = Math.min(length, Math.floor((k + 1) * window));
    const samples = (to - from) * reference.length;
    if (energy(reference, from, to) >= most * samples) continue;
    const mixed = energy(mixture, from, to);
    // Where nothing plays at all there is nothing to come through.
    if (mixed < most * samples) continue;
    left += energy(estimate, from, to);
    played += mixed;
  }
  if (played === 0) return Number.NaN;
  return left === 0 ? LEAST_SILENCE : Math.max(LEAST_SILENCE, 10 * Math.log10(left / played));
}

function energy(source: Source, from: number, to: number): number {
  let sum = 0;
  for (const channel of source) {
    for (let i = from; i < to; i++) sum += channel[i] * channel[i];
  }
  return sum;
}
