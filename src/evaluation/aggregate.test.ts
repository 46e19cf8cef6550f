import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { mean, median, quantile, summarise } from "./aggregate.ts";
import { readMethod, writeTrack } from "./scoreFiles.ts";
import { comparisonTables, scoresCsv } from "./tables.ts";
import type { TrackScores } from "./trackScores.ts";

const folder = mkdtempSync(join(tmpdir(), "xumx-scores-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function track(base: number): TrackScores {
  const frames = Float64Array.of(base, Number.NaN, base + 2, base + 1);
  return {
    window: 1,
    hop: 1,
    stems: ["vocals", "bass"].map((name, j) => ({
      name,
      frames: { SDR: frames.map((x) => x + 10 * j), ISR: frames, SIR: frames, SAR: frames },
      globalSdr: base + 10 * j,
      siSdr: Number.NaN,
    })),
  };
}

const method = {
  method: "ours",
  tracks: new Map([
    ["b, the second", track(0)],
    ["a", track(4)],
    ["c", track(1)],
  ]),
};

describe("figures", () => {
  it("are medians over frames then tracks for cSDR, means over tracks for uSDR", () => {
    const { stems, meanOfStems, tracks } = summarise(method);
    expect(tracks).toBe(3);
    expect(stems.map(({ stem }) => stem)).toEqual(["vocals", "bass"]);
    expect(stems[0].cSDR.SDR).toBe(2);
    expect(stems[0].uSDRMean).toBeCloseTo(5 / 3);
    expect(stems[0].uSDRMedian).toBe(1);
    expect(stems[0].siSDRMean).toBeNaN();
    expect(meanOfStems.cSDR.SDR).toBe(7);
  });

  it("leave out what is not finite", () => {
    expect(median([3, Number.NaN, 1, Number.POSITIVE_INFINITY])).toBe(2);
    expect(mean([1, Number.NEGATIVE_INFINITY, 3])).toBe(2);
    expect(median([])).toBeNaN();
    expect(quantile([0, 10, 20, 30, 40], 0.25)).toBe(10);
  });

  it("are named in the tables", () => {
    const text = comparisonTables([method, { ...method, method: "theirs" }]);
    expect(text).toMatch(/cSDR: BSS Eval v4.*median over frames, then over tracks/);
    expect(text).toMatch(/uSDR: global SDR.*mean over tracks/);
    expect(text).toMatch(/^ours +3 +2\.00 +12\.00 +7\.00$/m);
    expect(text).toContain("mean of stems");
  });

  it("come as CSV with every track", () => {
    const lines = scoresCsv([method]).split("\r\n");
    expect(lines[0]).toMatch(/^method,track,stem,"?SDR/);
    expect(lines[1]).toBe("ours,a,vocals,5.00000,5.00000,5.00000,5.00000,4.00000,");
    expect(lines[3]).toMatch(/^ours,"b, the second",vocals,/);
    expect(lines).toHaveLength(8);
  });
});

describe("folders of scores", () => {
  it("are read as they were written, subfolders too", async () => {
    await writeTrack(join(folder, "ours", "a.json"), track(4));
    await writeTrack(join(folder, "ours", "test", "ü.json"), track(1));
    const read = await readMethod(join(folder, "ours"));
    expect(read.method).toBe("ours");
    expect([...read.tracks.keys()].sort()).toEqual(["a", "ü"]);
    expect(summarise(read).stems[0].cSDR.SDR).toBe(3.5);
  });

  it("must hold score files, each track once", async () => {
    mkdirSync(join(folder, "empty"));
    mkdirSync(join(folder, "bad"));
    writeFileSync(join(folder, "bad", "x.json"), "{}");
    await expect(readMethod(join(folder, "empty"))).rejects.toThrow(/no score files/);
    await expect(readMethod(join(folder, "nowhere"))).rejects.toThrow(/does not exist/);
    await expect(readMethod(join(folder, "bad"))).rejects.toThrow(/x\.json is not a museval file/);
    await writeTrack(join(folder, "twice", "train", "a.json"), track(4));
    await writeTrack(join(folder, "twice", "test", "a.json"), track(4));
    await expect(readMethod(join(folder, "twice"))).rejects.toThrow(/two files of the track "a"/);
  });
});
