/** Levels of the pixels of a panel, from the powers of bands in columns. */
import { FMAX } from "../transforms/slicqt/index.ts";
import type { ColumnPowers } from "./columnPowers.ts";
import type { FrequencyWarp } from "./frequencyWarp.ts";

/** dB of what is nothing at all. */
export const SILENCE = -300;

/** Row by row from the top, dB: 0 is a tone of amplitude 1. */
export interface LevelGrid {
  readonly width: number;
  readonly height: number;
  readonly levels: Float32Array;
}

/** Which levels a map of colours spans, dB. */
export interface LevelRange {
  readonly max: number;
  readonly range: number;
}

/** The step of a level: 0 is at the floor and below, `steps` − 1 at the top and above. */
export function levelStep(level: number, { max, range }: LevelRange, steps: number): number {
  const height = (level - max) / range + 1;
  return Math.max(0, Math.min(steps - 1, Math.round(height * (steps - 1))));
}

/** Rows of a panel in the scale's warping: half a band below the first band at the bottom, 22050 Hz at the top. */
export interface BandRows {
  readonly height: number;
  /** Band at the panel's bottom and top edge. */
  readonly bottom: number;
  readonly top: number;
}

export function bandRows(warp: FrequencyWarp, height: number): BandRows {
  return { height, bottom: -0.5, top: warp.toBand(FMAX) };
}

/** How far below its neighbours a level may pull the curve between them, dB. */
const PULL = 40;
/** How far a tone between two bands can be above both, dB. */
const BULGE = 2.2;

/** Four bands and their weights (Catmull and Rom 1974): the curve runs through all levels and is exact for parabolas. */
interface Sample {
  readonly bands: readonly [number, number, number, number];
  readonly weights: readonly [number, number, number, number];
}

/**
 * The level of every pixel: of a column the mean power, of a row the largest level in its band of frequencies, on a
 * smooth curve through the levels of the bands.
 */
export function levelGrid(powers: ColumnPowers, rows: BandRows): LevelGrid {
  const { columns, bands } = powers;
  const { height } = rows;
  const samples = rowSamples(rows, bands.length);
  const levels = new Float32Array(columns * height).fill(SILENCE);
  const column = new Float64Array(bands.length);
  for (let x = 0; x < columns; x++) {
    for (const [band, row] of bands.entries()) {
      column[band] = row[x] > 0 ? Math.max(SILENCE, 10 * Math.log10(row[x])) : SILENCE;
    }
    for (let y = 0; y < height; y++) {
      let level = SILENCE;
      for (const sample of samples[y]) level = Math.max(level, interpolated(column, sample));
      levels[y * columns + x] = level;
    }
  }
  return { width: columns, height, levels };
}

/** The loudest pixel, dB. */
export function loudest({ levels }: LevelGrid): number {
  return levels.reduce((a, b) => Math.max(a, b), SILENCE);
}

/** Places within each row, at least four to a band. */
function rowSamples({ height, bottom, top }: BandRows, bands: number): readonly Sample[][] {
  const bandsPerRow = (top - bottom) / height;
  const count = Math.max(1, Math.ceil(4 * bandsPerRow));
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: count }, (_, i) =>
      sampleAt(top - (y + (i + 0.5) / count) * bandsPerRow, bands - 1),
    ),
  );
}

function sampleAt(place: number, last: number): Sample {
  const band = Math.max(0, Math.min(last, place));
  const below = Math.floor(band);
  const u = band - below;
  const within = (k: number) => Math.max(0, Math.min(last, k));
  return {
    bands: [within(below - 1), below, within(below + 1), within(below + 2)],
    weights: [
      (-u + 2 * u * u - u * u * u) / 2,
      (2 - 5 * u * u + 3 * u * u * u) / 2,
      (u + 4 * u * u - 3 * u * u * u) / 2,
      (-u * u + u * u * u) / 2,
    ],
  };
}

function interpolated(column: Float64Array, { bands, weights }: Sample): number {
  const near = Math.max(column[bands[1]], column[bands[2]]);
  let level = 0;
  for (let i = 0; i < 4; i++) level += weights[i] * Math.max(column[bands[i]], near - PULL);
  return Math.min(level, near + BULGE);
}
