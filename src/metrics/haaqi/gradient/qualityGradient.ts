/** The gradient of the index by what the estimate's ear gives. */
import { BANDS, type BandLoss, centreFrequencies } from "../cochlea.ts";
import type { BandFeatures } from "../ears.ts";
import { nerveSynchrony, synchronyWeight, type Tiles } from "../fineStructure.ts";
import { CEPSTRA, cepstra, cepstrumBasis, modulated, modulationFilters } from "../modulation.ts";
import { shares } from "../spectra.ts";

/** The index' parts, as its last formula has them. */
export interface Parts {
  readonly nonlinear: number;
  readonly linear: number;
  readonly modulation: number;
  readonly loudness: number;
  readonly spectrum: number;
}

/** Weights of the last formula's parts in the gradient. */
export function byParts({ nonlinear, linear, modulation, loudness, spectrum }: Parts) {
  const byNonlinear = 0.336 + 1.002 * nonlinear;
  const byLinear = 0.001 + 0.322 * linear;
  const inside = (x: number) => (x > 0 && x < 1 ? 1 : 0);
  return {
    modulation: byNonlinear * 0.754 * 3 * modulation ** 2,
    synchrony: byNonlinear * 0.246,
    loud: (-byLinear * 0.329 * inside(loudness)) / 2.5,
    norm: (-byLinear * 0.671 * inside(spectrum)) / 25,
  };
}

/** Modulation bands that count, and how many correlations they make. */
const FIRST_HIGH = 4;
const HIGH = (8 - FIRST_HIGH) * (CEPSTRA - 1);

/** Gradient of the modulation index by the estimate's smoothed envelopes: [band][kept segment]. */
export function modulationGradient(
  bands: readonly BandFeatures[],
  kept: readonly number[],
): readonly Float64Array[] {
  const [x, y] = [cepstra(bands, 0, kept), cepstra(bands, 1, kept)];
  const out = Array.from({ length: BANDS }, () => new Float64Array(kept.length));
  for (let j = 1; j < CEPSTRA; j++) {
    const by = new Float64Array(kept.length);
    for (const taps of modulationFilters.slice(FIRST_HIGH)) {
      const own = correlationGradient(modulated(x[j], taps), modulated(y[j], taps));
      addFilterBack(withoutMean(own), taps, by);
    }
    const byCepstrum = withoutMean(by);
    for (let k = 0; k < BANDS; k++) {
      const weight = cepstrumBasis[k][j] / HIGH;
      for (let s = 0; s < kept.length; s++) out[k][s] += weight * byCepstrum[s];
    }
  }
  return out;
}

/** Of |Σ x·y|/√(Σx²·Σy²) by y. */
function correlationGradient(x: Float64Array, y: Float64Array): Float64Array {
  let [xx, yy, xy] = [0, 0, 0];
  for (let n = 0; n < x.length; n++) {
    xx += x[n] * x[n];
    yy += y[n] * y[n];
    xy += x[n] * y[n];
  }
  if (xx < 1e-30 || yy < 1e-30) return new Float64Array(x.length);
  const size = Math.sqrt(xx * yy);
  const r = Math.abs(xy) / size;
  return y.map((value, n) => (Math.sign(xy) * x[n]) / size - (r * value) / yy);
}

/** Transposed filter: out[m] += Σ taps[n + half − m]·by[n]. */
function addFilterBack(by: Float64Array, taps: Float64Array, out: Float64Array): void {
  const half = (taps.length - 1) / 2;
  for (let m = 0; m < out.length; m++) {
    const last = Math.min(by.length - 1, m + half);
    let sum = 0;
    for (let n = Math.max(0, m - half); n <= last; n++) sum += taps[n + half - m] * by[n];
    out[m] += sum;
  }
}

function withoutMean(row: Float64Array): Float64Array {
  const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
  return row.map((value) => value - mean);
}

/** Weight of a band's tiles in the index of fine structure. */
export function tileWeights({ inBand }: Tiles): readonly number[] {
  const weights = Array.from(centreFrequencies, (f) => synchronyWeight(f, nerveSynchrony));
  const sum = weights.reduce((total, weight, k) => total + weight * inBand(k).length, 0);
  return weights.map((weight) => (sum > 0 ? weight / sum : 0));
}

/** Gradient of D_loud and D_norm, weighted, by the estimate's levels in dB SL. */
export function levelGradient(
  bands: readonly BandFeatures[],
  byLoud: number,
  byNorm: number,
): readonly number[] {
  const [x, y] = [shares(bands, 0), shares(bands, 1)];
  const difference = x.map((value, k) => value - y[k]);
  const relative = x.map((value, k) => (value - y[k]) / (value + y[k]));
  const [byDifference, byRelative] = [deviationGradient(difference), deviationGradient(relative)];
  const byShare = y.map(
    (value, k) =>
      -byLoud * byDifference[k] - (byNorm * byRelative[k] * 2 * x[k]) / (x[k] + value) ** 2,
  );
  const inner = byShare.reduce((sum, value, k) => sum + value * y[k], 0);
  return y.map((value, k) => (Math.LN10 / 20) * value * (byShare[k] - inner));
}

/** Of `count` times the standard deviation. */
function deviationGradient(values: readonly number[]): readonly number[] {
  const mean = values.reduce((a, b) => a + b) / values.length;
  const deviation = Math.sqrt(
    values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length,
  );
  return values.map((value) => (deviation > 0 ? (value - mean) / deviation : 0));
}

/** Gradient of a level in dB SL by the root mean squares it was made from. */
export function rmsGradient(
  byLevel: number,
  { outer, inner, knee, ratio }: BandLoss,
  control: number,
  envelope: number,
  fullScale: number,
): { readonly control: number; readonly envelope: number } {
  const decibels = (x: number) => fullScale + 20 * Math.log10(Math.max(x, 1e-30));
  const spl = decibels(control);
  const slope = 1 - 1 / ratio;
  const gained = Math.max(0, decibels(envelope)) - outer;
  const level = gained - (Math.max(Math.min(spl, 100), knee) - knee) * slope - inner;
  if (level <= 0) return { control: 0, envelope: 0 };
  const perNeper = 20 / Math.LN10;
  return {
    control: spl > knee && spl < 100 ? (-byLevel * slope * perNeper) / control : 0,
    envelope: decibels(envelope) > 0 ? (byLevel * perNeper) / envelope : 0,
  };
}
