/** Differences of long-term spectra. */
import type { BandFeatures } from "./ears.ts";

/** How two spectra differ. */
export interface SpectralDifference {
  /** 32 times the standard deviation of the difference of shares. */
  readonly loud: number;
  /** The same, relative to their sum. */
  readonly norm: number;
}

/** Shares of the bands in the whole, and from these the differences. */
export function spectralDifference(bands: readonly BandFeatures[]): SpectralDifference {
  const [x, y] = [shares(bands, 0), shares(bands, 1)];
  return {
    loud: bands.length * deviation(x.map((value, k) => value - y[k])),
    norm: bands.length * deviation(x.map((value, k) => (value - y[k]) / (value + y[k]))),
  };
}

/** Amplitudes of the bands over their sum. */
export function shares(bands: readonly BandFeatures[], ear: 0 | 1): readonly number[] {
  const amplitudes = bands.map(({ level }) => 10 ** (level[ear] / 20));
  const sum = amplitudes.reduce((a, b) => a + b);
  return amplitudes.map((value) => value / sum);
}

function deviation(values: readonly number[]): number {
  const mean = values.reduce((a, b) => a + b) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
