/** Frequency scales: centre frequency and quality factor of every band (docs/mathematics.md, 1.1). */
import { ArgumentError } from "../../errors.ts";

/** Sampling rate of every transform, Hz. */
export const SAMPLE_RATE = 44100;

/** Upper end of every scale, Hz. */
export const FMAX = 22050;

/** Most bands of a scale. */
export const MOST_BANDS = 4096;

/** All values of {@link ScaleName}. */
export const scaleNames = ["bark", "mel", "cqlog", "vqlog", "linear", "mrstft"] as const;

/** How the bands lie on the frequency axis; mrstft is the union of several short-time Fourier transforms. */
export type ScaleName = (typeof scaleNames)[number];

/** What determines a transform. */
export interface ScaleOptions {
  readonly scale: ScaleName;
  /** Number of bands n; ignored by mrstft. */
  readonly bins: number;
  /** Lowest frequency in Hz, 0 < fmin < 22050; ignored by mrstft. */
  readonly fmin: number;
  /** Offset of the vqlog scale in Hz, default 15; ignored by the others. */
  readonly gamma?: number;
  /** Window lengths are multiples of this, at least 16; default 4, the original's. */
  readonly windowMultiple?: 4 | 16;
  /**
   * Of the program whose transform it is; default 2. Version 1 keeps frequencies in double, and its vqlog bands are as wide as
   * they are spaced: gamma moves them without narrowing them.
   */
  readonly version?: 1 | 2;
}

/** With 16, every bin has a whole number of coefficients in each sixteenth of a slice, so that all bins share a grid. */
export type WindowMultiple = 4 | 16;

/** Frequencies in Hz and quality factors, in the precision that all later geometry works in: float32, of version 1 double. */
export interface Bands {
  readonly frequencies: Float32Array | Float64Array;
  readonly q: Float32Array | Float64Array;
}

/**
 * Evaluates a scale in double for b = 0..n−1, then rounds to float32 (version 2).
 * @throws {ArgumentError} for an unknown scale, fewer than 2 bands or fmin outside (0, 22050).
 */
export function scaleBands(options: ScaleOptions): Bands {
  const { scale, bins, fmin, gamma = 15, version = 2 } = options;
  if (!scaleNames.includes(scale)) {
    throw new ArgumentError(`Unknown scale "${scale}".`, `Use one of ${scaleNames.join(", ")}.`);
  }
  if (scale === "mrstft") return multiResolution();
  if (!Number.isInteger(bins) || bins < 2 || bins > MOST_BANDS) {
    throw new ArgumentError(`A scale needs 2 to ${MOST_BANDS} bands, not ${bins}.`);
  }
  if (!(fmin > 0 && fmin < FMAX)) {
    throw new ArgumentError(`fmin must lie between 0 and ${FMAX} Hz, not ${fmin}.`);
  }
  if (!(gamma >= 0 && gamma < FMAX)) {
    throw new ArgumentError(`gamma must lie between 0 and ${FMAX} Hz, not ${gamma}.`);
  }
  const Numbers = version === 1 ? Float64Array : Float32Array;
  const frequencies = new Numbers(bins);
  const q = new Numbers(bins);
  const band = bandFunction(scale, bins, fmin, { gamma, ownQ: version === 1 });
  for (let b = 0; b < bins; b++) [frequencies[b], q[b]] = band(b);
  return { frequencies, q };
}

type BandFunction = (b: number) => readonly [frequency: number, q: number];

/**
 * F(b) and Q(b). For bark and mel Q = F/(2F') in closed form; the original's numerical derivative agrees to
 * about 1e-6.
 */
function bandFunction(
  scale: Exclude<ScaleName, "mrstft">,
  bins: number,
  fmin: number,
  { gamma, ownQ }: { readonly gamma: number; readonly ownQ: boolean },
): BandFunction {
  switch (scale) {
    case "bark": {
      const up = (f: number) => 6 * Math.asinh(f / 600);
      const delta = (up(FMAX) - up(fmin)) / (bins - 1);
      return (b) => {
        const z = up(fmin) + b * delta;
        return [600 * Math.sinh(z / 6), (3 * Math.tanh(z / 6)) / delta];
      };
    }
    case "mel": {
      const up = (f: number) => 2595 * Math.log10(1 + f / 700);
      const delta = (up(FMAX) - up(fmin)) / (bins - 1);
      return (b) => {
        const m = up(fmin) + b * delta;
        return [
          700 * (10 ** (m / 2595) - 1),
          (2595 * (1 - 10 ** (-m / 2595))) / (2 * delta * Math.LN10),
        ];
      };
    }
    case "cqlog":
    case "vqlog": {
      const delta = (Math.log2(FMAX) - Math.log2(fmin)) / (bins - 1);
      const p = 2 ** delta;
      const f0 = 2 ** Math.log2(fmin);
      const q = Math.sqrt(p) / (p - 1) / 2;
      const offset = scale === "vqlog" ? gamma : 0;
      return (b) => {
        const f = f0 * p ** b;
        const own = ownQ && scale === "vqlog";
        return [f + offset, own ? (f + offset) / (2 * f * Math.log(p)) : q];
      };
    }
    case "linear": {
      const df = (FMAX - fmin) / (bins - 1);
      return (b) => {
        const f = b * df + fmin;
        return [f, f / (2 * df)];
      };
    }
  }
}

/** Five evenly spaced grids (from Hz, to Hz, count), evaluated in float32 as the original does. */
function multiResolution(): Bands {
  const grids = [
    [1, 400, 128],
    [401, 1200, 128],
    [1201, 4000, 128],
    [4001, 12000, 128],
    [12001, 22050, 64],
  ] as const;
  const { fround } = Math;
  const frequencies: number[] = [];
  const q: number[] = [];
  for (const [low, high, count] of grids) {
    const step = fround((high - low) / (count - 1));
    const df = fround((high - low) / count);
    for (let b = 0; b < count; b++) {
      // Counted from the nearer end, so that both ends are exact.
      const f =
        b < count / 2
          ? fround(low + fround(step * b))
          : fround(high - fround(step * (count - 1 - b)));
      frequencies.push(f);
      q.push(fround(fround(f / df) * 2));
    }
  }
  return { frequencies: Float32Array.from(frequencies), q: Float32Array.from(q) };
}
