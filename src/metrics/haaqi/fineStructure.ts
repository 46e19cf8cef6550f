/** Agreement of temporal fine structure, as far as nerves follow it: the index's `bmsync5`. */
import { centreFrequencies } from "./cochlea.ts";
import { AUDIBLE, type BandFeatures } from "./ears.ts";

/** How the nerve's synchrony falls off: a low-pass of some order at some Hz. */
export interface Synchrony {
  readonly order: number;
  readonly cutoff: number;
}

/** What the index uses. */
export const nerveSynchrony: Synchrony = { order: 5, cutoff: 3500 };

/** Weight of a frequency, 0 to 1. */
export function synchronyWeight(frequency: number, { order, cutoff }: Synchrony): number {
  return 1 / Math.sqrt(1 + (frequency / cutoff) ** (2 * order));
}

/** Tiles of 16 ms in which the reference is audible, as a whole and in their band. */
export interface Tiles {
  /** Segments in which the reference is audible. */
  readonly segments: readonly number[];
  /** Whether a band is audible in a segment. */
  audible(band: number, segment: number): boolean;
  /** Those of `segments` in which a band is audible. */
  inBand(band: number): readonly number[];
}

/** Decides by the reference alone. */
export function audibleTiles(bands: readonly BandFeatures[]): Tiles {
  const segments: number[] = [];
  const count = bands[0].powers.length;
  for (let s = 0; s < count; s++) {
    let sum = 0;
    for (const { powers } of bands) sum += 10 ** (Math.sqrt(powers[s]) / 20);
    if (20 * Math.log10(sum / bands.length) > AUDIBLE) segments.push(s);
  }
  const audible = (band: number, s: number) => Math.sqrt(bands[band].powers[s]) > AUDIBLE;
  return { segments, audible, inBand: (band) => segments.filter((s) => audible(band, s)) };
}

/** Weighted mean of the covariances of audible tiles; NaN where segments are audible but no tile is. */
export function synchronised(
  bands: readonly BandFeatures[],
  { segments, audible }: Tiles,
  synchrony = nerveSynchrony,
): number {
  if (segments.length < 2) return 0;
  let [sum, weights] = [0, 0];
  bands.forEach(({ covariances }, k) => {
    const weight = synchronyWeight(centreFrequencies[k], synchrony);
    for (const s of segments) {
      if (!audible(k, s)) continue;
      sum += weight * covariances[s];
      weights += weight;
    }
  });
  return sum / weights;
}
