import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { casesDir } from "../testing/golden.ts";
import { mean, median, quantile, summarise } from "./aggregate.ts";
import { readMethod, writeTrack } from "./scoreFiles.ts";
import { tableNotes } from "./tableNotes.ts";
import { comparisonTables, scoresCsv } from "./tables.ts";
import type { TrackScores } from "./trackScores.ts";

const nothing = {
  SDR: Float64Array.of(Number.NaN),
  ISR: Float64Array.of(Number.NaN),
  SIR: Float64Array.of(Number.NaN),
  SAR: Float64Array.of(Number.NaN),
};
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

/** Scores of single stems, as files of all kinds may have them. */
function stems(names: readonly string[], more: Partial<TrackScores["stems"][number]> = {}) {
  const frames = Float64Array.of(1, 2, 3);
  return names.map((name, j) => ({
    name,
    frames: { SDR: frames.map((x) => x + j), ISR: frames, SIR: frames, SAR: frames },
    globalSdr: 5,
    siSdr: 5,
    ...more,
  }));
}
const of = (name: string, ...tracks: TrackScores["stems"][]) => ({
  method: name,
  tracks: new Map(tracks.map((list, i) => [`song ${i}`, { window: 1, hop: 1, stems: list }])),
});
const four = ["vocals", "drums", "bass", "other"];

describe("the mean of stems", () => {
  it("is that of the four stems, whatever museval's files hold beside them", () => {
    const summary = summarise(of("sisec", stems([...four, "accompaniment"])));
    expect(summary.stems).toHaveLength(5);
    expect(summary.meanOfStems.cSDR.SDR).toBe((2 + 3 + 4 + 5) / 4);
  });

  it("is that of all there are where the four are not complete", () => {
    const summary = summarise(of("two stems", stems(["vocals", "accompaniment"])));
    expect(summary.meanOfStems.cSDR.SDR).toBe(2.5);
  });

  it.skipIf(!casesDir)(
    "of a published file with accompaniment is 4.70; litter beside it is passed over",
    async () => {
      for (const folder of ["museval_with_accompaniment", "museval_with_appledouble"]) {
        const scores = await readMethod(`${casesDir}${folder}`);
        expect(scores.tracks.size).toBe(1);
        if (folder === "museval_with_accompaniment")
          expect(summarise(scores).meanOfStems.cSDR.SDR).toBeCloseTo(4.7, 9);
      }
    },
  );
});

describe("what stands below the tables", () => {
  it("is nothing where all is well", () => {
    expect(tableNotes([of("ours", stems(four))])).toEqual([]);
  });

  it("says which stems are silent, and which tracks have no scored frame", () => {
    const silent = stems(four, {
      frames: nothing,
      globalSdr: Number.NaN,
    });
    const scores = of("ours", stems(four), [
      ...stems(["vocals"], { frames: nothing }),
      ...silent.slice(1),
    ]);
    const notes = tableNotes([scores]);
    expect(notes).toContain('bass is silent in "song 1": no SDR is defined there.');
    expect(notes.at(-1)).toMatch(/^"song 1" has no cSDR: .* silent, and that is every frame\.$/);
    expect(comparisonTables([scores])).toContain("bass is silent in");
  });

  it("says nothing of silence in files that have no whole-track scores", () => {
    const foreign = of("museval", stems(four, { globalSdr: undefined, siSdr: undefined }));
    expect(tableNotes([foreign])).toEqual([]);
  });

  it("marks ISR, SIR and SAR that mean nothing, and SDR never", () => {
    const text = comparisonTables([of("ours", stems(four, { determined: false }))]);
    expect(text).toMatch(/ours +2\.00 \/ 2\.00\* \/ 2\.00\* \/ 2\.00\*/);
    expect(text).toMatch(/^\* ISR, SIR and SAR mean nothing/m);
  });

  it("has the level at silence where it is known", () => {
    const text = comparisonTables([of("ours", stems(four, { silence: -12.5 }))]);
    expect(text).toMatch(/silence: level of the estimate.*\n.*\nours +1 +-12\.50/);
    expect(comparisonTables([of("ours", stems(four))])).not.toContain("silence:");
  });

  it("has the levels of bands where they are known", () => {
    const levels = [-8.61, 0, Number.NaN, 1, 2];
    const text = comparisonTables([of("ours", stems(four, { levels }))]);
    expect(text).toMatch(/levels: .*0–150 Hz \/ .*\n.*\nours +-8\.6 \/ 0\.0 \/ – \/ 1\.0 \/ 2\.0/);
    expect(comparisonTables([of("ours", stems(four))])).not.toContain("levels:");
  });
});

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
    expect(lines[1]).toBe("ours,a,vocals,5.00000,5.00000,5.00000,5.00000,4.00000,,,,,,,,true");
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

describe("HAAQI", () => {
  const hearing = { name: "mild", level: 65, noise: 0 } as const;
  const heard = (haaqi: number) => ({
    method: "heard",
    tracks: new Map([["song", { window: 1, hop: 1, hearing, stems: stems(four, { haaqi }) }]]),
  });

  it("stands in tables and CSV with its listener, where it was scored", () => {
    const [table, csv] = [comparisonTables([heard(0.25)]), scoresCsv([heard(0.25)])];
    expect(table).toMatch(/HAAQI, .*audiogram mild, reference at 65 dB SPL, 24 kHz, noise seed 0/);
    expect(table).toMatch(/0\.250 {2}0\.250/);
    expect(csv.split("\r\n")[0]).toContain("HAAQI,HAAQI's listener");
    expect(csv).toContain("0.25000");
    expect(comparisonTables([method])).not.toContain("HAAQI");
    expect(scoresCsv([method])).not.toContain("HAAQI");
  });

  it("is kept in files, with who listened; a silent reference stays without a score", async () => {
    const [scores] = heard(Number.NaN).tracks.values();
    const path = join(folder, "heard", "song.json");
    await writeTrack(path, scores);
    const back = (await readMethod(join(folder, "heard"))).tracks.get("song");
    expect(back?.hearing).toEqual(hearing);
    expect(back?.stems[0].haaqi).toBeNaN();
    expect(comparisonTables([heard(Number.NaN)])).not.toContain("HAAQI");
  });
});
