/** Agreement of envelope modulation across the bands: the index's `cephigh`. */
import { BANDS } from "./cochlea.ts";
import { hann } from "./earMemory.ts";
import { AUDIBLE, type BandFeatures } from "./ears.ts";
import { sinc } from "./modelRate.ts";

/** Cepstral coefficients, of which the first (loudness) does not count. */
export const CEPSTRA = 6;
const TAPS = 129;
/** Edges of the modulation bands, Hz, and their Nyquist frequency: one envelope value every 4 ms. */
const EDGES = [0, 4, 8, 12.5, 20, 32, 50, 80, 125];
const NYQUIST = 125;
/** The upper four bands, 20 to 125 Hz, make the index. */
const FIRST_HIGH = 4;

/** Cosines over the bands, each of length 1: [band][coefficient]. */
export const cepstrumBasis: readonly Float64Array[] = (() => {
  const columns = Array.from({ length: CEPSTRA }, (_, j) => {
    const column = Float64Array.from({ length: BANDS }, (__, k) =>
      Math.cos((Math.PI * k * j) / (BANDS - 1)),
    );
    const size = Math.sqrt(column.reduce((sum, value) => sum + value * value, 0));
    return column.map((value) => value / size);
  });
  return Array.from({ length: BANDS }, (_, k) => Float64Array.from(columns, (c) => c[k]));
})();

/** Linear-phase filters of 129 taps, one per modulation band. */
export const modulationFilters: readonly Float64Array[] = EDGES.slice(1).map((upper, m) => {
  const [f0, f1] = [EDGES[m] / NYQUIST, upper / NYQUIST];
  const centre = m === 0 ? 0 : m === EDGES.length - 2 ? 1 : (f0 + f1) / 2;
  const window = hann(TAPS);
  const half = (TAPS - 1) / 2;
  const taps = window.map((w, n) => {
    const i = n - half;
    return (f1 * sinc(f1 * i) - f0 * sinc(f0 * i)) * w;
  });
  const gain = taps.reduce((sum, h, n) => sum + h * Math.cos(Math.PI * (n - half) * centre), 0);
  return taps.map((h) => h / gain);
});

/** Segments of smoothed envelopes in which the reference is audible. */
export function audibleSegments(bands: readonly BandFeatures[]): readonly number[] {
  const kept: number[] = [];
  const count = bands[0].smooth[0].length;
  for (let s = 0; s < count; s++) {
    let sum = 0;
    for (const { smooth } of bands) sum += 10 ** (smooth[0][s] / 20);
    if (20 * Math.log10(sum / bands.length) > AUDIBLE) kept.push(s);
  }
  return kept;
}

/** Cepstral coefficients over time, without their means: [coefficient][kept segment]. */
export function cepstra(
  bands: readonly BandFeatures[],
  ear: 0 | 1,
  kept: readonly number[],
): readonly Float64Array[] {
  return Array.from({ length: CEPSTRA }, (_, j) =>
    cepstrum(bands, ear, kept, j, new Float64Array(kept.length)),
  );
}

/** One of them, to `row`. */
function cepstrum(
  bands: readonly BandFeatures[],
  ear: 0 | 1,
  kept: readonly number[],
  j: number,
  row: Float64Array,
): Float64Array {
  row.fill(0);
  for (const [k, { smooth }] of bands.entries()) {
    const weight = cepstrumBasis[k][j];
    const values = smooth[ear];
    for (let i = 0; i < kept.length; i++) row[i] += weight * values[kept[i]];
  }
  return withoutMean(row);
}

/** A row between the zeros that the filters reach. */
function padded(row: Float64Array): Float64Array {
  const out = new Float64Array(row.length + TAPS + 2);
  out.set(row, (TAPS - 1) / 2);
  return out;
}

/** A row through a modulation filter, as long as before, without its mean. */
export function modulated(row: Float64Array, taps: Float64Array): Float64Array {
  const out = new Float64Array(row.length + 3);
  filterRow(padded(row), taps, out);
  return withoutMean(out.subarray(0, row.length));
}

/** @param row padded; @param out as long as the row without that, and 3 more. */
function filterRow(row: Float64Array, taps: Float64Array, out: Float64Array): void {
  const half = (TAPS - 1) / 2;
  // Four values share a tap. The taps are symmetric.
  for (let n = 0; n + 3 < out.length; n += 4) {
    const middle = n + half;
    const centre = taps[half];
    let a = centre * row[middle];
    let b = centre * row[middle + 1];
    let c = centre * row[middle + 2];
    let d = centre * row[middle + 3];
    for (let k = 1; k <= half; k++) {
      const tap = taps[half + k];
      const [later, earlier] = [middle + k, middle - k];
      a += tap * (row[later] + row[earlier]);
      b += tap * (row[later + 1] + row[earlier + 1]);
      c += tap * (row[later + 2] + row[earlier + 2]);
      d += tap * (row[later + 3] + row[earlier + 3]);
    }
    out[n] = a;
    out[n + 1] = b;
    out[n + 2] = c;
    out[n + 3] = d;
  }
}

/** |Σ x·y|/√(Σx²·Σy²), 0 where one of them is silent. */
export function correlation(x: Float64Array, y: Float64Array): number {
  let [xx, yy, xy] = [0, 0, 0];
  for (let n = 0; n < x.length; n++) {
    xx += x[n] * x[n];
    yy += y[n] * y[n];
    xy += x[n] * y[n];
  }
  return xx < 1e-30 || yy < 1e-30 ? 0 : Math.abs(xy) / Math.sqrt(xx * yy);
}

/** Correlations of reference and estimate: [modulation band][cepstral coefficient]. */
export function modulationCorrelations(
  bands: readonly BandFeatures[],
  kept: readonly number[],
): readonly Float64Array[] {
  const [x, y] = [cepstra(bands, 0, kept), cepstra(bands, 1, kept)];
  return modulationFilters.map((taps) =>
    Float64Array.from(x, (row, j) => correlation(modulated(row, taps), modulated(y[j], taps))),
  );
}

/** Mean over the upper four modulation bands and five coefficients. */
export function highModulation(bands: readonly BandFeatures[], kept: readonly number[]): number {
  const high = modulationFilters.slice(FIRST_HIGH);
  const [outX, outY] = [0, 1].map(() => new Float64Array(kept.length + 3));
  const [ownX, ownY] = [outX, outY].map((out) => out.subarray(0, kept.length));
  const [rowX, rowY] = [0, 1].map(() => padded(new Float64Array(kept.length)));
  const half = (TAPS - 1) / 2;
  const [inX, inY] = [rowX, rowY].map((row) => row.subarray(half, half + kept.length));
  let sum = 0;
  for (let j = 1; j < CEPSTRA; j++) {
    cepstrum(bands, 0, kept, j, inX);
    cepstrum(bands, 1, kept, j, inY);
    for (const taps of high) {
      filterRow(rowX, taps, outX);
      filterRow(rowY, taps, outY);
      sum += correlation(withoutMean(ownX), withoutMean(ownY));
    }
  }
  return sum / (high.length * (CEPSTRA - 1));
}

/** In place. */
function withoutMean(row: Float64Array): Float64Array {
  let mean = 0;
  for (let n = 0; n < row.length; n++) mean += row[n] / row.length;
  for (let n = 0; n < row.length; n++) row[n] -= mean;
  return row;
}
