import { describe, expect, it } from "vitest";
import { FormulaTrack } from "../testing/formulaTrack.ts";
import { columnsOfPeaks, columnsOfSamples, highestPeak } from "./columns.ts";

describe("a waveform's columns", () => {
  const loud = (_: number, frame: number) => (frame === 5120 ? 0.75 : frame === 8192 ? -0.5 : 0.1);
  const track = new FormulaTrack("a", 10240, loud);

  it("show each peak in the column of its time, whatever is visible", () => {
    const all = columnsOfPeaks(track.peaks, { start: 0, end: 10240 }, 20, 10240);
    expect(all.highest[10]).toBe(0.75);
    expect(all.lowest[16]).toBe(-0.5);
    expect([...all.highest].filter((v) => v > 0.2)).toHaveLength(1);
    const part = columnsOfPeaks(track.peaks, { start: 5120, end: 6144 }, 2, 10240);
    expect([...part.highest]).toEqual([0.75, Math.fround(0.1)]);
  });

  it("are empty where nothing is ready", () => {
    const { highest } = columnsOfPeaks(track.peaks, { start: 0, end: 10240 }, 20, 5120);
    expect(highest.findIndex(Number.isNaN)).toBe(10);
    expect(highestPeak(track.peaks, 5120)).toBeCloseTo(0.1);
    expect(highestPeak(track.peaks, 10240)).toBe(0.75);
  });

  it("by samples hang together", () => {
    const wave = Float32Array.from({ length: 100 }, (_, i) => Math.sin(i));
    const { lowest, highest } = columnsOfSamples([wave], 40);
    for (let x = 1; x < 40; x++) {
      expect(lowest[x]).toBeLessThanOrEqual(highest[x - 1]);
      expect(highest[x]).toBeGreaterThanOrEqual(lowest[x - 1]);
    }
  });
});
