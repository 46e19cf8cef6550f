/** Audiograms: how much louder than for young, healthy ears a tone has to be to be heard. */
import { ArgumentError } from "../../errors.ts";

/** Hearing thresholds of one ear. */
export interface Audiogram {
  /** Hz, increasing. */
  readonly frequencies: readonly number[];
  /** dB HL at each frequency: 0 is normal, more is worse. */
  readonly levels: readonly number[];
}

/** The frequencies of audiograms in the Clarity and Cadenza challenges, Hz. */
export const audiogramFrequencies: readonly number[] = [
  250, 500, 1000, 2000, 3000, 4000, 6000, 8000,
];

/** The frequencies that the ear model and the prescription know, Hz. */
export const earFrequencies: readonly number[] = [250, 500, 1000, 2000, 4000, 6000];

/** Audiograms with names. */
export const audiogramNames = ["normal", "mild", "moderate", "moderate-severe"] as const;

/** The name of an audiogram of {@link namedAudiogram}. */
export type AudiogramName = (typeof audiogramNames)[number];

const named: Readonly<Record<AudiogramName, readonly number[]>> = {
  normal: [0, 0, 0, 0, 0, 0, 0, 0],
  mild: [15, 15, 20, 25, 30, 35, 40, 45],
  // N3 of the standard audiograms (Bisgaard, Vlaming and Dahlquist 2010); the last level is that at 6 kHz.
  moderate: [35, 35, 40, 50, 55, 60, 65, 65],
  "moderate-severe": [30, 35, 45, 55, 60, 65, 70, 75],
};

/** A typical audiogram: no loss, or a sloping loss as age brings it. */
export function namedAudiogram(name: AudiogramName): Audiogram {
  return { frequencies: audiogramFrequencies, levels: named[name] };
}

/** Levels that no audiometer measures are mistakes. */
const [LEAST_LEVEL, MOST_LEVEL] = [-20, 140];

/**
 * @throws ArgumentError when the frequencies do not increase, the lengths differ, or a level lies outside of −20 to
 * 140 dB HL.
 */
export function checkAudiogram({ frequencies, levels }: Audiogram): void {
  if (frequencies.length === 0 || frequencies.length !== levels.length) {
    throw new ArgumentError(
      `An audiogram has ${frequencies.length} frequencies but ${levels.length} levels.`,
      "Give one level in dB HL for every frequency in Hz.",
    );
  }
  if (!frequencies.every((f, i) => f > (i === 0 ? 0 : frequencies[i - 1]) && Number.isFinite(f))) {
    throw new ArgumentError(
      `The frequencies of an audiogram must increase: ${frequencies.join(", ")}.`,
      "Give them in Hz, each one once.",
    );
  }
  const wrong = levels.find((level) => !(level >= LEAST_LEVEL && level <= MOST_LEVEL));
  if (wrong !== undefined) {
    throw new ArgumentError(
      `${wrong} is no level of an audiogram.`,
      `Levels lie between ${LEAST_LEVEL} and ${MOST_LEVEL} dB HL.`,
    );
  }
}

/**
 * Levels in dB HL at {@link earFrequencies}: linear over the logarithm of the frequency, held constant outside of the
 * given ones.
 * @throws ArgumentError as {@link checkAudiogram}.
 */
export function earLevels(audiogram: Audiogram): Float64Array {
  checkAudiogram(audiogram);
  const { frequencies, levels } = audiogram;
  const known = frequencies.map(Math.log10);
  return Float64Array.from(earFrequencies, (f) => {
    // No rounding at a frequency that is given.
    const given = frequencies.indexOf(f);
    return given >= 0 ? levels[given] : interpolate(known, levels, Math.log10(f));
  });
}

/** Piecewise linear through (x, y), x increasing; constant outside. */
export function interpolate(x: ArrayLike<number>, y: ArrayLike<number>, at: number): number {
  if (at <= x[0]) return y[0];
  for (let i = 1; i < x.length; i++) {
    if (at <= x[i]) return y[i - 1] + ((at - x[i - 1]) / (x[i] - x[i - 1])) * (y[i] - y[i - 1]);
  }
  return y[x.length - 1];
}
