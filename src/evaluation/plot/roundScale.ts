/** The numbers along an axis. */

/** An axis from `low` to `high`, with a number at every `step`. */
export interface RoundScale {
  readonly low: number;
  readonly high: number;
  readonly step: number;
}

/** Round steps of 1, 2 or 5, about eight of them, around all values. */
export function roundScale(values: readonly number[]): RoundScale {
  const low = values.length > 0 ? Math.min(...values) : 0;
  const high = values.length > 0 ? Math.max(...values) : 1;
  const rough = Math.max(high - low, 1e-3) / 8;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((k) => k * power).find((s) => s >= rough) ?? 10 * power;
  const bottom = Math.floor(low / step) * step;
  return { step, low: bottom, high: Math.max(Math.ceil(high / step) * step, bottom + step) };
}
