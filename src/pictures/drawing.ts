/** Panels and the bar of colours on a page, with their frames, ticks and labels. */
import { frequencyTicks, levelTicks, type Tick, timeTicks } from "./axes.ts";
import type { TimeRange } from "./columnPowers.ts";
import type { FrequencyWarp } from "./frequencyWarp.ts";
import type { PanelPlace } from "./layout.ts";
import { bandRows, type LevelGrid, type LevelRange } from "./levelGrid.ts";
import { type Box, fitting, type Page, textWidth } from "./page.ts";

/** What the axes of all panels span. */
export interface Axes {
  readonly warp: FrequencyWarp;
  readonly time: TimeRange;
  readonly level: LevelRange;
  /** Pixels to the unit of letters and lines. */
  readonly unit: number;
}

/** Ticks of a panel's frequency axis. @param unit pixels to the unit of letters and lines */
export function panelTicks(warp: FrequencyWarp, height: number, unit: number): readonly Tick[] {
  return frequencyTicks(warp, bandRows(warp, height), 15 * unit);
}

/** Levels with their title, and ticks at the left and below. */
export function drawPanel(
  page: Page,
  title: string,
  grid: LevelGrid,
  place: PanelPlace,
  { warp, time, level, unit }: Axes,
): void {
  const { left, top, width, height } = place;
  frame(page, place, unit);
  page.levels(grid, left, top, level);
  page.write(fitting(title, width / unit), left, top - 7 * unit, "start", { weight: 1.7 });
  for (const { at, label } of panelTicks(warp, height, unit)) {
    const y = Math.min(top + height - 1, top + Math.floor(at));
    page.fill({ left: left - 5 * unit, top: y, width: 5 * unit, height: unit }, 0.5);
    if (place.frequencies) page.write(label, left - 9 * unit, y + 5 * unit, "end", { ink: 0.8 });
  }
  if (place.frequencies) page.write("Hz", left - 9 * unit, top - 9 * unit, "end", { ink: 0.55 });
  for (const { at, label } of timeTicks(time, width, 72 * unit)) {
    const x = Math.min(left + width - 1, left + Math.floor(at));
    const bottom = top + height;
    page.fill({ left: x, top: bottom, width: unit, height: 5 * unit }, 0.5);
    if (!place.times) continue;
    // Labels stay within their panel's width.
    const half = (unit * textWidth(label)) / 2;
    const middle = Math.max(left + half, Math.min(left + width - half, x));
    page.write(label, middle, bottom + 18 * unit, "middle", { ink: 0.8 });
  }
}

/** What the colours mean. */
export function drawBar(page: Page, bar: Box, { level, unit }: Axes): void {
  const { left, top, width, height } = bar;
  const grid: LevelGrid = {
    width,
    height,
    levels: Float32Array.from(
      { length: width * height },
      (_, i) => level.max - ((Math.floor(i / width) + 0.5) / height) * level.range,
    ),
  };
  frame(page, bar, unit);
  page.levels(grid, left, top, level);
  const right = left + width;
  page.write("dB", right + 9 * unit, top - 9 * unit, "start", { ink: 0.55 });
  for (const { at, label } of levelTicks(level, height, 32 * unit)) {
    const y = Math.min(top + height - 1, top + Math.floor(at));
    page.fill({ left: right, top: y, width: 5 * unit, height: unit }, 0.5);
    page.write(label, right + 9 * unit, y + 5 * unit, "start", { ink: 0.8 });
  }
}

/** A thin line around a box. */
function frame(page: Page, { left, top, width, height }: Box, unit: number) {
  page.fill(
    { left: left - unit, top: top - unit, width: width + 2 * unit, height: height + 2 * unit },
    0.3,
  );
}
