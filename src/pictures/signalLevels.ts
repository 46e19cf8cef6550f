/** Small spectrograms of signals in memory, without axes. */
import { ArgumentError } from "../errors.ts";
import { SAMPLE_RATE } from "../transforms/slicqt/index.ts";
import { colourMap, type Theme } from "./colourMap.ts";
import { ColumnMeter } from "./columnPowers.ts";
import { bandRows, type LevelGrid, type LevelRange, levelGrid, levelStep } from "./levelGrid.ts";
import { type EncodedImage, encodePng } from "./png.ts";
import type { ViewPlan } from "./viewPlan.ts";

/**
 * Levels of a signal: over its whole length, and over the scale's whole range.
 *
 * @param channels samples at 44.1 kHz, at least one; equal lengths
 * @throws {ArgumentError} for no samples, or channels of different lengths
 */
export function signalLevels(
  view: ViewPlan,
  channels: readonly Float32Array[],
  { width, height }: { readonly width: number; readonly height: number },
): LevelGrid {
  const samples = channels[0]?.length ?? 0;
  if (samples === 0) throw new ArgumentError("The signal has no samples.");
  const range = { start: 0, duration: samples / SAMPLE_RATE };
  const meter = new ColumnMeter(view, channels.length, width, range, 0);
  meter.push(channels);
  return levelGrid(meter.finish(), bandRows(view.warp, height));
}

/** The picture of levels, without anything around them. */
export function paintLevels(
  grid: LevelGrid,
  range: LevelRange,
  theme: Theme = "dark",
  steps = 256,
): EncodedImage {
  const pixels = Uint8Array.from(grid.levels, (level) => levelStep(level, range, steps));
  const { width, height } = grid;
  return encodePng({ kind: "palette", width, height, palette: colourMap(theme, steps), pixels });
}
