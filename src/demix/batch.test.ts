import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { AbortError } from "../errors.ts";
import { Separator } from "../separation/index.ts";
import { type BatchEvent, demixAll } from "./batch.ts";
import { planOutputs } from "./outputPlan.ts";
import { songFile } from "./song.ts";
import { parseTemplate } from "./template.ts";
import { sharedModel } from "./testing/sharedModel.ts";
import { filesBelow, music, writeSong } from "./testing/songs.ts";

let separators: readonly Separator[];
beforeAll(async () => {
  const one = () => Separator.create(sharedModel(), { pieceSlices: 8 });
  separators = [await one(), await one()];
});
afterAll(() => Promise.all(separators.map((separator) => separator.close())));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "xumx-batch-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Songs a to d, of which c is none. */
async function tasks(frames = 20000) {
  const names = ["a", "b", "c", "d"];
  for (const name of names) {
    if (name === "c") await writeFile(join(folder, "c.wav"), "not audio");
    else await writeSong(folder, music(44100, 1, frames), 44100, `${name}.wav`);
  }
  const { tasks } = await planOutputs(
    names.map((track) => {
      const path = join(folder, `${track}.wav`);
      return { song: songFile(path), track, folder: "", bytes: 1000, path };
    }),
    {
      output: join(folder, "out"),
      template: parseTemplate("{track} {stem}"),
      model: "m",
      names: ["bass", "drums"],
      extension: "wav",
    },
  );
  return tasks;
}

const outputs = ["a", "b", "d"].flatMap((name) => [`${name} bass.wav`, `${name} drums.wav`]);

describe("a batch", () => {
  it.each([1, 2])("separates what it can, %i at once, and tells of each song", async (jobs) => {
    const events: BatchEvent[] = [];
    const summary = await demixAll(separators.slice(0, jobs), await tasks(), {
      stems: ["bass", "drums"],
      onEvent: (event) => events.push(event),
    });
    expect(summary).toEqual({ done: 3, skipped: 0, failed: 1 });
    expect((await filesBelow(join(folder, "out"))).sort()).toEqual(outputs);
    for (const task of [0, 1, 2, 3]) {
      const kinds = events.filter((event) => event.task === task).map(({ kind }) => kind);
      expect(kinds[0]).toBe("started");
      expect(kinds.at(-1)).toBe(task === 2 ? "failed" : "done");
    }
    const fractions = events.flatMap((event) => (event.kind === "progress" ? event.fraction : []));
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(fractions.at(-1)).toBe(1);
    expect(events.find(({ kind }) => kind === "failed")).toMatchObject({
      error: { code: "not-audio" },
    });
  });

  it("leaves complete songs alone and does the others again", async () => {
    await demixAll(separators, await tasks(), { stems: ["bass", "drums"] });
    await rm(join(folder, "out", "b bass.wav"));
    await writeFile(join(folder, "out", "d bass.wav"), "as it was");
    const again = await tasks();
    expect(again.map(({ complete }) => complete)).toEqual([true, false, false, true]);
    const summary = await demixAll(separators, again, {
      stems: ["bass", "drums"],
      skipExisting: true,
    });
    expect(summary).toEqual({ done: 1, skipped: 2, failed: 1 });
    expect((await filesBelow(join(folder, "out"))).sort()).toEqual(outputs);
  });

  it("when interrupted keeps finished songs and withdraws the one at work", async () => {
    const controller = new AbortController();
    const batch = demixAll(separators.slice(0, 1), await tasks(90000), {
      stems: ["bass", "drums"],
      signal: controller.signal,
      onEvent: (event) => {
        if (event.kind === "progress" && event.task === 1) controller.abort();
      },
    });
    await expect(batch).rejects.toBeInstanceOf(AbortError);
    expect((await filesBelow(join(folder, "out"))).sort()).toEqual(["a bass.wav", "a drums.wav"]);
  });

  it("needs a separator", async () => {
    await expect(demixAll([], await tasks())).rejects.toMatchObject({ code: "invalid-argument" });
  });
});
