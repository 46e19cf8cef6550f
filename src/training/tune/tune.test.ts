import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { toSvg } from "../../evaluation/plot/svg.ts";
import { loadModel } from "../../models/index.ts";
import { writeSongs } from "../data/testing/songs.ts";
import { originalRecipe, type Recipe, runFiles } from "../loop/index.ts";
import {
  type Drawn,
  parseSearched,
  type Trial,
  type TuneSettings,
  trialFolder,
  trialPicture,
  trialRows,
  tune,
} from "./index.ts";

const root = mkdtempSync(join(tmpdir(), "xumx-tune-"));
const data = join(root, "songs");
beforeAll(() => writeSongs(data, 3, 12000));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const recipe: Recipe = {
  ...originalRecipe,
  scale: { name: "mel", bins: 10, fmin: 200, gamma: 0 },
  realtime: true,
  hidden: [3, 4],
  timeTaps: 2,
  excerpt: 0.15,
  batch: 2,
  samplesPerTrack: 2,
  epochs: 2,
};

function settings(out: string, changes: Partial<TuneSettings> = {}): TuneSettings {
  return {
    space: ["lr=1e-4..1e-1:log", "hidden=2,2|4,4"].map(parseSearched),
    trials: 3,
    rungs: [1, 2],
    factor: 2,
    measure: "loss",
    seed: 3,
    out: join(root, out),
    fixed: { recipe },
    training: async ({ lr, hidden }: Drawn) => {
      const [outer, inner] = hidden.split(",").map(Number);
      const own = { ...recipe, learningRate: Number(lr), hidden: [outer, inner] as const };
      return { recipe: own, data: [data], cache: join(root, "cache"), workers: 0, threads: 1 };
    },
    ...changes,
  };
}

async function last(search: AsyncIterable<readonly Trial[]>): Promise<readonly Trial[]> {
  let trials: readonly Trial[] = [];
  for await (const all of search) trials = all;
  return trials;
}

/** Trials without how long they took. */
function timeless(trials: readonly Trial[]) {
  return trials.map(({ epochs, ...rest }) => ({
    ...rest,
    epochs: epochs.map(({ seconds: _, ...epoch }) => epoch),
  }));
}

it("trains the best on, keeps their checkpoints alone, and goes on bit for bit where it was stopped", async () => {
  const whole = await last(tune(settings("whole")));
  // Of three trials two go on.
  expect(whole.map(({ epochs }) => epochs.length).sort()).toEqual([1, 2, 2]);
  for (const { trial, epochs } of whole) {
    const folder = trialFolder(join(root, "whole"), trial);
    expect(existsSync(join(folder, runFiles.checkpoint))).toBe(epochs.length === 2);
    expect((await loadModel(folder)).config.name).toBe(`trial-${trial}`);
  }
  const first = whole.map(({ epochs }) => epochs[0].validLoss).sort((a, b) => a - b);
  const on = whole.filter(({ epochs }) => epochs.length > 1);
  expect(on.map(({ epochs }) => epochs[0].validLoss).sort((a, b) => a - b)).toEqual(
    first.slice(0, 2),
  );

  // Stopped twice in the middle of a training, then left alone.
  for (let stops = 0; stops < 2; stops++) {
    const controller = new AbortController();
    let updates = 0;
    const search = tune(
      settings("stopped", {
        signal: controller.signal,
        onReport: (_, { kind }) => {
          if (kind === "update" && ++updates === 4) controller.abort();
        },
      }),
    );
    await expect(last(search)).rejects.toThrow(expect.objectContaining({ code: "aborted" }));
  }
  const resumed = await last(tune(settings("stopped")));
  expect(timeless(resumed)).toEqual(timeless(whole));
  // All is known: nothing trains.
  const reports: string[] = [];
  await last(tune(settings("stopped", { onReport: (_, { kind }) => reports.push(kind) })));
  expect(reports).toEqual([]);
});

it("counts trials whose settings make no training as failed, in table and picture too, and goes on", async () => {
  const search = settings("failing", {
    space: ["lr=1e-3|1e-2", "hidden=2,2|0,4"].map(parseSearched),
    trials: 3,
    rungs: [1],
    seed: 1,
    measure: "sdr",
  });
  const trials = await last(tune(search));
  const failed = trials.filter(({ end }) => end?.how === "failed");
  expect(failed.length).toBeGreaterThan(0);
  expect(failed.length).toBeLessThan(3);
  for (const { values, score, end } of failed) {
    expect(values.hidden).toBe("0,4");
    expect(score).toBeUndefined();
    expect(end?.why).toMatch(/hidden|channels/i);
  }
  const rows = trialRows(trials, "sdr");
  expect(rows[0]).toEqual([
    "trial",
    "epochs",
    "SDR (dB)",
    "lr",
    "hidden",
    "parameters",
    "hours",
    "remark",
  ]);
  expect(rows).toHaveLength(4);
  expect(rows.at(-1)?.at(-1)).toMatch(/^failed: /);
  expect(toSvg(trialPicture(trials, [1], "sdr"))).toMatch(/<circle/);
});

it("refuses a folder of another search, and passes over a line that was cut off", async () => {
  const one = settings("cut", { trials: 2, rungs: [1] });
  const trials = await last(tune(one));
  const log = join(root, "cut", "trials.jsonl");
  const text = readFileSync(log, "utf8");
  writeFileSync(log, text.slice(0, -20));
  rmSync(trialFolder(join(root, "cut"), 1), { recursive: true });
  expect(timeless(await last(tune(one)))).toEqual(timeless(trials));
  const other = settings("cut", { trials: 3, rungs: [1] });
  await expect(last(tune(other))).rejects.toThrow(/another search/);
  await expect(last(tune({ ...one, space: [] }))).rejects.toThrow(/Nothing is searched/);
});
