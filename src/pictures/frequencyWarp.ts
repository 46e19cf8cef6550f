/** Where a frequency lies among the bands of a scale, and between them: the scales' own formulas, continued. */
import { FMAX, type ScaleOptions, scaleBands } from "../transforms/slicqt/index.ts";

/** Band b of the scale lies at b, whole numbers from 0; both functions increase and undo each other. */
export interface FrequencyWarp {
  /** @param hertz from 0; minus infinity where the scale does not reach down to it. */
  toBand(hertz: number): number;
  toHertz(band: number): number;
}

/** @throws {ArgumentError} if the options make no scale. */
export function frequencyWarp(options: ScaleOptions): FrequencyWarp {
  const { scale, bins, fmin, gamma = 15 } = options;
  const { frequencies } = scaleBands(options);
  switch (scale) {
    case "bark":
      return evenly(
        bins,
        fmin,
        (f) => 6 * Math.asinh(f / 600),
        (z) => 600 * Math.sinh(z / 6),
      );
    case "mel":
      return evenly(
        bins,
        fmin,
        (f) => 2595 * Math.log10(1 + f / 700),
        (m) => 700 * (10 ** (m / 2595) - 1),
      );
    case "cqlog":
      return evenly(bins, fmin, Math.log2, (octave) => 2 ** octave);
    case "vqlog": {
      const { toBand, toHertz } = evenly(bins, fmin, Math.log2, (octave) => 2 ** octave);
      return {
        toBand: (hertz) => toBand(Math.max(0, hertz - gamma)),
        toHertz: (band) => toHertz(band) + gamma,
      };
    }
    case "linear":
      return evenly(bins, fmin, identity, identity);
    case "mrstft":
      return between(frequencies);
  }
}

/** Bands at equal steps of `up`, from fmin to the end of the scale. */
function evenly(
  bins: number,
  fmin: number,
  up: (hertz: number) => number,
  down: (place: number) => number,
): FrequencyWarp {
  const first = up(fmin);
  const step = (up(FMAX) - first) / (bins - 1);
  return {
    toBand: (hertz) => (up(hertz) - first) / step,
    toHertz: (band) => down(first + band * step),
  };
}

function identity(hertz: number): number {
  return hertz;
}

/** Straight lines between the bands and beyond the first and the last. */
function between(frequencies: ArrayLike<number>): FrequencyWarp {
  const last = frequencies.length - 2;
  return {
    toBand(hertz) {
      let low = 0;
      let high = last + 1;
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if (frequencies[middle] <= hertz) low = middle;
        else high = middle;
      }
      return low + (hertz - frequencies[low]) / (frequencies[low + 1] - frequencies[low]);
    },
    toHertz(band) {
      const low = Math.max(0, Math.min(last, Math.floor(band)));
      return frequencies[low] + (band - low) * (frequencies[low + 1] - frequencies[low]);
    },
  };
}
