import { describe, expect, it } from "vitest";
import { frequencyTicks, levelTicks, timeTicks } from "./axes.ts";
import { frequencyWarp } from "./frequencyWarp.ts";
import { bandRows } from "./levelGrid.ts";

const hertzOf = (label: string) => Number(label.replace("k", "000"));
const octaves = Math.log2(22050 / 32.9);

describe("frequency ticks", () => {
  it.each([
    // Band b of 0..n−1 is at (up(f) − up(fmin)) / (up(22050) − up(fmin)) · (n − 1).
    ["bark", (f: number) => Math.asinh(f / 600)],
    ["mel", (f: number) => Math.log(1 + f / 700)],
    ["cqlog", (f: number) => Math.log(f)],
    ["linear", (f: number) => f],
  ] as const)("stand where %s has their frequencies", (scale, up) => {
    const bins = 50;
    const warp = frequencyWarp({ scale, bins, fmin: 32.9 });
    const ticks = frequencyTicks(warp, bandRows(warp, 1000), 12);
    expect(ticks.length).toBeGreaterThan(3);
    for (const { at, label } of ticks) {
      const band = ((bins - 1) * (up(hertzOf(label)) - up(32.9))) / (up(22050) - up(32.9));
      // From the top at band n − 1 to the bottom, half a band below the first.
      expect(at).toBeCloseTo((1000 * (bins - 1 - band)) / (bins - 0.5), 6);
    }
  });

  it("are all there where there is room, highest first", () => {
    const warp = frequencyWarp({ scale: "cqlog", bins: 100, fmin: 32.9 });
    const ticks = frequencyTicks(warp, bandRows(warp, 600), 12);
    expect(ticks.map(({ label }) => label)).toEqual([
      "20k",
      "10k",
      "5k",
      "2k",
      "1k",
      "500",
      "200",
      "100",
      "50",
    ]);
    // An octave up is always the same way.
    const [, ten, five] = ticks;
    expect(five.at - ten.at).toBeCloseTo((600 * 99) / 99.5 / octaves, 6);
  });

  it("keep their distance, and round numbers go first", () => {
    const warp = frequencyWarp({ scale: "bark", bins: 262, fmin: 32.9 });
    const ticks = frequencyTicks(warp, bandRows(warp, 60), 15);
    for (let i = 1; i < ticks.length; i++) {
      expect(ticks[i].at - ticks[i - 1].at).toBeGreaterThanOrEqual(15);
    }
    expect(ticks.map(({ label }) => label)).toEqual(["10k", "1k", "100"]);
  });

  it("leave out what the scale does not reach", () => {
    const warp = frequencyWarp({ scale: "cqlog", bins: 40, fmin: 300 });
    const labels = frequencyTicks(warp, bandRows(warp, 600), 5).map(({ label }) => label);
    expect(labels).toEqual(["20k", "10k", "5k", "2k", "1k", "500"]);
  });
});

describe("time ticks", () => {
  const labels = (start: number, duration: number) =>
    timeTicks({ start, duration }, 1000, 80).map(({ label }) => label);

  it("are round seconds, or minutes and seconds beyond a minute, or hours", () => {
    expect(labels(0, 10)).toEqual(Array.from({ length: 11 }, (_, i) => `${i} s`));
    expect(labels(0.05, 0.03).slice(0, 2)).toEqual(["0.05 s", "0.055 s"]);
    expect(labels(50, 25).slice(0, 3)).toEqual(["0:50", "0:52", "0:54"]);
    expect(labels(0, 200).slice(-2)).toEqual(["3:00", "3:20"]);
    expect(labels(3590, 100).slice(0, 3)).toEqual(["59:50", "1:00:00", "1:00:10"]);
    expect(labels(0, 40000)[1]).toBe("1:00:00");
  });

  it("stand at their times", () => {
    const ticks = timeTicks({ start: 2.5, duration: 5 }, 1000, 80);
    expect(ticks[0]).toEqual({ at: 0, label: "2.5 s" });
    expect(ticks[1].at).toBeCloseTo(100, 9);
    expect(ticks.at(-1)).toEqual({ at: 1000, label: "7.5 s" });
  });

  it("keep their distance for any duration", () => {
    for (let duration = 0.01; duration < 1e6; duration *= 1.37) {
      const ticks = timeTicks({ start: duration / 3, duration }, 900, 70);
      expect(ticks.length).toBeLessThanOrEqual(900 / 70 + 1);
      for (let i = 1; i < ticks.length; i++) {
        expect(ticks[i].at - ticks[i - 1].at).toBeGreaterThan(69.9);
      }
    }
  });
});

it("level ticks are round levels at their heights", () => {
  expect(levelTicks({ max: -10, range: 40 }, 200, 50)).toEqual([
    { at: 0, label: "–10" },
    { at: 50, label: "–20" },
    { at: 100, label: "–30" },
    { at: 150, label: "–40" },
    { at: 200, label: "–50" },
  ]);
  expect(levelTicks({ max: 3, range: 6 }, 60, 15)).toEqual([
    { at: 10, label: "2" },
    { at: 30, label: "0" },
    { at: 50, label: "–2" },
  ]);
});
