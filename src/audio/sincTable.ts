/** The filter of the resampler: a Kaiser-windowed sinc, cut into one row of taps per fraction of a sample. */

/** Stopband attenuation the window is designed for, dB. */
const ATTENUATION = 115;
const KAISER_BETA = 0.1102 * (ATTENUATION - 8.7);
/** The band in which the response falls, as fractions of the lower Nyquist frequency. */
const PASS = 0.92;
const STOP = 1;
/**
 * Rows for a filter of the full band; a narrower filter is smoother and needs fewer. With more fractions than rows,
 * rows are spaced evenly and interpolated linearly: relative error (π/4096)²/8, −143 dB.
 */
const MAX_ROWS = 4096;

/** Taps of a windowed sinc for every fraction of an input sample. */
export interface SincTable {
  /** Fractions of an input sample that occur: the reduced output rate. */
  readonly phases: number;
  /** Input samples per `phases` outputs: the reduced input rate. */
  readonly step: number;
  /** Equal to `phases` (row r is fraction r/phases), or fewer (rows + 1 rows, to be interpolated). */
  readonly rows: number;
  /** A multiple of 16. Tap k weighs the input sample k − tapsPerRow/2 + 1 after the integer part of the time. */
  readonly tapsPerRow: number;
  /** Row after row. */
  readonly taps: Float32Array;
}

/** Modified Bessel function of the first kind, order zero: Σ ((x/2)^k / k!)². */
export function bessel0(x: number): number {
  const q = (x * x) / 4;
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= q / (k * k);
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

const tables = new Map<string, SincTable>();
const KEPT_TABLES = 4;

/**
 * Table for a pair of rates (positive integers, Hz); the last few are kept.
 *
 * The pass band ends at 0.92 of the lower Nyquist frequency and the stop band begins at it. The number of taps
 * follows Kaiser's estimate N = (A − 8)/(2.285·Δω).
 */
export function sincTable(fromRate: number, toRate: number): SincTable {
  const divisor = greatestCommonDivisor(fromRate, toRate);
  const step = fromRate / divisor;
  const phases = toRate / divisor;
  const key = `${step}:${phases}`;
  const table = tables.get(key) ?? design(step, phases);
  tables.delete(key);
  tables.set(key, table);
  for (const oldest of tables.keys()) {
    if (tables.size <= KEPT_TABLES) break;
    tables.delete(oldest);
  }
  return table;
}

function design(step: number, phases: number): SincTable {
  /** Lower Nyquist frequency over the input's. */
  const nyquist = Math.min(1, phases / step);
  const estimate = (ATTENUATION - 8) / (2.285 * Math.PI * (STOP - PASS) * nyquist);
  const tapsPerRow = 16 * Math.ceil(estimate / 16);
  const half = tapsPerRow / 2;
  const cutoff = nyquist * ((PASS + STOP) / 2);
  const rows = Math.min(phases, Math.ceil(MAX_ROWS * nyquist));
  const count = rows === phases ? rows : rows + 1;
  const taps = new Float32Array(count * tapsPerRow);
  const scale = cutoff / bessel0(KAISER_BETA);
  for (let row = 0; row < count; row++) {
    const fraction = row / rows;
    for (let k = 0; k < tapsPerRow; k++) {
      const time = fraction + half - 1 - k;
      const x = Math.PI * cutoff * time;
      const sinc = x === 0 ? 1 : Math.sin(x) / x;
      const u = time / half;
      taps[row * tapsPerRow + k] = scale * sinc * bessel0(KAISER_BETA * Math.sqrt(1 - u * u));
    }
  }
  return { phases, step, rows, tapsPerRow, taps };
}
