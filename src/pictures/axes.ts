/** Ticks: where they stand on an axis, and what is written beside them. */
import type { TimeRange } from "./columnPowers.ts";
import type { FrequencyWarp } from "./frequencyWarp.ts";
import type { BandRows, LevelRange } from "./levelGrid.ts";

export interface Tick {
  /** Pixels from the axis's beginning: from the top, or from the left. */
  readonly at: number;
  readonly label: string;
}

/** Hz, and the order in which they get their labels where room is short. */
const FREQUENCIES = [1000, 100, 10000, 20000, 500, 5000, 2000, 200, 50] as const;

/** Ticks of 50 Hz to 20 kHz at their places in the scale's warping, from the top, `gap` pixels apart at least. */
export function frequencyTicks(warp: FrequencyWarp, rows: BandRows, gap: number): readonly Tick[] {
  const ticks: Tick[] = [];
  for (const hertz of FREQUENCIES) {
    const at = ((rows.top - warp.toBand(hertz)) / (rows.top - rows.bottom)) * rows.height;
    if (!(at >= 0 && at <= rows.height)) continue;
    if (ticks.some((tick) => Math.abs(tick.at - at) < gap)) continue;
    ticks.push({ at, label: hertz < 1000 ? `${hertz}` : `${hertz / 1000}k` });
  }
  return ticks.sort((a, b) => a.at - b.at);
}

/** Seconds, where a minute has 60 and an hour 60 minutes. */
const STEPS = [
  ...[0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 20, 30],
  ...[60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400],
] as const;

/** Ticks at round times, `gap` pixels apart at least: seconds, or minutes and seconds beyond a minute. */
export function timeTicks(
  { start, duration }: TimeRange,
  width: number,
  gap: number,
): readonly Tick[] {
  const least = (gap / width) * duration;
  const step = STEPS.find((s) => s >= least) ?? 86400 * Math.ceil(least / 86400);
  const end = start + duration;
  const first = Math.ceil(start / step - 1e-9);
  const count = Math.floor(end / step + 1e-9) - first + 1;
  const minutes = end >= 60 && step >= 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => {
    const seconds = (first + i) * step;
    const at = ((seconds - start) / duration) * width;
    return { at, label: minutes ? clock(seconds) : `${Number(seconds.toFixed(3))} s` };
  });
}

/** m:ss, or h:mm:ss. */
function clock(seconds: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const rest = two(Math.round(seconds % 60));
  return hours > 0 ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}

/** Ticks at round levels from the top, `gap` pixels apart at least. */
export function levelTicks(
  { max, range }: LevelRange,
  height: number,
  gap: number,
): readonly Tick[] {
  const least = (gap / height) * range;
  const step = [1, 2, 5, 10, 20, 50, 100].find((s) => s >= least) ?? 200;
  const first = Math.floor(max / step + 1e-9);
  const count = first - Math.ceil((max - range) / step - 1e-9) + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => {
    const level = (first - i) * step;
    return { at: ((max - level) / range) * height, label: String(level).replace("-", "–") };
  });
}
