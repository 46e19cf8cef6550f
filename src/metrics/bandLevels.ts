/** How loud an estimate is in each band of frequencies, against its true stem: too dull, too thin, or as it should be. */
import { ArgumentError } from "../errors.ts";
import type { Source } from "./bss/criteria.ts";
import { Fft, halfSpectrum } from "./fft.ts";
import { requireSameShape } from "./sameShape.ts";

/** The bands that are compared, Hz: low bass, bass and low voices, the middle, presence, brilliance. */
export const levelBands = [
  [0, 150],
  [150, 600],
  [600, 2500],
  [2500, 6000],
  [6000, 16000],
] as const;

const FRAME = 4096;
const HOP = FRAME / 2;
/** A band whose reference lies this far under the whole reference has no level worth the name: −50 dB. */
const LEAST_SHARE = 1e-5;

/**
 * The level of an estimate in each of {@link levelBands} against that of its reference: 10·log₁₀(Σ|Ŝ|² / Σ|S|²), powers of
 * Hann-windowed frames of 4096 samples, summed over the whole track and all channels. Leaking sounds count as well as
 * missing ones, so read it beside SDR: 0 dB says that the level is right, not that the sound is.
 * @param sampleRate Hz.
 * @returns dB; NaN where the reference has next to nothing in the band, −Infinity where only the estimate has nothing.
 * @throws ArgumentError if shapes differ or the rate is no positive number.
 */
export function bandLevels(
  reference: Source,
  estimate: Source,
  sampleRate: number,
): readonly number[] {
  requireSameShape(reference, estimate);
  if (!(sampleRate > 0)) throw new ArgumentError(`A sample rate of ${sampleRate} Hz is none.`);
  const truth = bandPowers(reference, sampleRate);
  const given = bandPowers(estimate, sampleRate);
  const least = LEAST_SHARE * truth.reduce((sum, power) => sum + power, 0);
  return Array.from(truth, (power, k) =>
    power === 0 || power < least ? Number.NaN : 10 * Math.log10(given[k] / power),
  );
}

/** Σ|S|² of each band over all frames and channels. */
function bandPowers(source: Source, sampleRate: number): Float64Array {
  const powers = new Float64Array(levelBands.length);
  const fft = new Fft(FRAME);
  const spectra = [halfSpectrum(FRAME), halfSpectrum(FRAME)] as const;
  const frames = [new Float64Array(FRAME), new Float64Array(FRAME)] as const;
  for (const channel of source) {
    for (let from = -HOP; from < channel.length; from += 2 * HOP) {
      windowed(channel, from, frames[0]);
      windowed(channel, from + HOP, frames[1]);
      fft.forward(...frames, 0, FRAME, ...spectra);
      for (const [k, [low, high]] of levelBands.entries()) {
        const first = Math.ceil((low * FRAME) / sampleRate);
        const end = Math.min(HOP + 1, Math.ceil((high * FRAME) / sampleRate));
        for (const { re, im } of spectra) {
          for (let i = first; i < end; i++) powers[k] += re[i] ** 2 + im[i] ** 2;
        }
      }
    }
  }
  return powers;
}

const hann = Float64Array.from({ length: FRAME }, (_, i) => Math.sin((Math.PI * i) / FRAME) ** 2);

/** A frame from sample `from` on, zeros outside of the signal. */
function windowed(channel: ArrayLike<number>, from: number, into: Float64Array): void {
  for (let i = 0; i < FRAME; i++) into[i] = hann[i] * (channel[from + i] ?? 0);
}
