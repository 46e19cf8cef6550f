import { link, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FolderStore } from "./folderStore.ts";
import { type PlanSettings, planOutputs } from "./outputPlan.ts";
import type { PlannedSong } from "./plannedSong.ts";
import { songFile } from "./songFile.ts";
import { defaultTemplate, parseTemplate } from "./template.ts";
import { music, writeSong } from "./testing/songs.ts";
import { trackName } from "./trackName.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "xumx-plan-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const planned = (path: string, more: Partial<PlannedSong> = {}): PlannedSong => ({
  ...{ song: songFile(path), track: trackName(path), folder: "", bytes: 1, path, ...more },
});

const plan = (songs: readonly PlannedSong[], more: Partial<PlanSettings> = {}, pattern?: string) =>
  planOutputs(songs, {
    store: new FolderStore(join(folder, "out")),
    template: parseTemplate(pattern ?? defaultTemplate),
    model: "v2",
    names: ["vocals", "drums"],
    extension: "wav",
    ...more,
  });

describe("a plan of outputs", () => {
  it("has a place for every output of every song", async () => {
    const { tasks, problems } = await plan([planned("a.wav"), planned("x/b.mp3", { folder: "x" })]);
    expect(problems).toEqual([]);
    expect(tasks.map(({ outputs }) => outputs.map(({ path }) => path))).toEqual([
      ["vocals.wav", "drums.wav"].map((name) => join(folder, "out", "v2", "a", name)),
      ["vocals.wav", "drums.wav"].map((name) => join(folder, "out", "v2", "x", "b", name)),
    ]);
  });

  const tracks = async (paths: readonly string[], pattern = "{folder}/{track}/{stem}") => {
    const { tasks, problems } = await plan(
      paths.map((path) => planned(path)),
      {},
      pattern,
    );
    expect(problems).toEqual([]);
    return tasks.map(({ outputs }) => outputs[0].key.replace(/\/?vocals.wav$/, ""));
  };

  it("tells songs of one name apart by their endings, all of them", async () => {
    expect(await tracks(["song.wav", "other.wav", "song.mp3"])).toEqual([
      ...["song (wav)", "other", "song (mp3)"],
    ]);
    expect(await tracks(["song.wav", "Song.flac"])).toEqual(["song (wav)", "Song (flac)"]);
    expect(await tracks(["caf\u00e9.wav", "cafe\u0301.mp3"])).toEqual([
      ...["caf\u00e9 (wav)", "cafe\u0301 (mp3)"],
    ]);
    expect(await tracks(["song.wav", "song"])).toEqual(["song (wav)", "song (no ending)"]);
    // Where a song of that name is there already, by what else differs.
    expect(await tracks(["x/song.wav", "y/song.mp3", "song (mp3).flac"])).toEqual([
      ...["x/song", "y/song", "song (mp3)"],
    ]);
  });

  it("tells songs of one name apart by the folders around them", async () => {
    expect(await tracks(["x/01.wav", "y/01.wav", "x/02.wav"])).toEqual(["x/01", "y/01", "02"]);
    expect(await tracks(["x/cd 1/01.wav", "y/cd 1/01.wav"])).toEqual([
      ...["x/cd 1/01", "y/cd 1/01"],
    ]);
    expect(await tracks(["x/01.wav", "x/01.mp3", "y/01.wav"])).toEqual([
      ...["x/01 (wav)", "x/01 (mp3)", "y/01 (wav)"],
    ]);
    expect(await tracks(["x/01.wav", "y/01.wav"], "{track} {stem}")).toEqual([
      ...["x - 01 ", "y - 01 "],
    ]);
    expect(await tracks(["x/01.wav", "x/01.mp3"], "{track}.{ending}/{stem}")).toEqual([
      ...["01.wav", "01.mp3"],
    ]);
  });

  it("refuses songs that cannot be told apart, each with the names of all, and no others", async () => {
    const songs = ["what?.wav", "what*.wav", "what|.wav", "fine.wav"].map((path) => planned(path));
    const { tasks, problems } = await plan(songs);
    expect(tasks.map(({ track }) => track)).toEqual(["fine"]);
    expect(problems.map(({ input }) => input)).toEqual(["what?.wav", "what*.wav", "what|.wav"]);
    for (const { error } of problems) {
      expect(error).toMatchObject({
        code: "invalid-argument",
        message: expect.stringContaining(
          "what?.wav, what*.wav and what|.wav would all be written to",
        ),
        hint: expect.stringContaining("{ending}"),
      });
    }
    const byTag = await plan([planned("a.wav"), planned("b.wav"), planned("c.wav")], {}, "x{stem}");
    expect(byTag.problems).toHaveLength(3);
    expect(byTag.tasks).toEqual([]);
    // Stems of one with stems of another.
    const names = { names: ["vocals", "no_vocals"] as const };
    const crossed = await plan([planned("a.wav"), planned("ano_.wav")], names, "{track}{stem}");
    expect(crossed.problems.map(({ input }) => input)).toEqual(["a.wav", "ano_.wav"]);
  });

  it("refuses patterns under which a song's outputs are one file", async () => {
    await expect(plan([planned("a.wav")], {}, "{track}")).rejects.toThrow(/Several outputs/);
    expect((await plan([planned("a.wav")], { names: ["vocals"] }, "{track}")).tasks).toHaveLength(
      1,
    );
  });

  it("refuses to overwrite a song, by whatever path it is reached", async () => {
    const path = join(folder, "vocals.wav");
    await writeFile(path, "song");
    const other = join(folder, "other.wav");
    await writeFile(other, "song");
    const into = async (songs: readonly PlannedSong[], output: string, pattern: string) => {
      const more = { store: new FolderStore(output), names: ["vocals"] as const };
      const { tasks, problems } = await plan(songs, more, pattern);
      for (const { error } of problems) expect(error.message).toMatch(/would overwrite the song/);
      return [tasks.length, problems.map(({ input }) => input)];
    };
    expect(await into([planned(path)], folder, "{stem}")).toEqual([0, [path]]);
    // Each would overwrite itself; a third song is separated all the same.
    const three = [planned(path), planned(other), planned(join(folder, "third.wav"))];
    expect(await into(three, folder, "{track}")).toEqual([1, [path, other]]);
    await symlink(folder, join(folder, "round"));
    expect(await into([planned(path)], join(folder, "round"), "{stem}")).toEqual([0, [path]]);
    await mkdir(join(folder, "second"));
    await link(other, join(folder, "second", "vocals.wav"));
    expect(await into([planned(other)], join(folder, "second"), "{stem}")).toEqual([0, [other]]);
  });

  it("knows which songs are complete: all files are there, and not empty", async () => {
    const complete = async () => (await plan([planned("a.wav")])).tasks[0].complete;
    const place = join(folder, "out", "v2", "a");
    await mkdir(place, { recursive: true });
    expect(await complete()).toBe(false);
    await writeFile(join(place, "vocals.wav"), "x");
    expect(await complete()).toBe(false);
    await writeFile(join(place, "drums.wav"), "");
    expect(await complete()).toBe(false);
    await writeFile(join(place, "drums.wav"), "x");
    expect(await complete()).toBe(true);
  });

  it("leaves out what was found among the model's own outputs, and says so", async () => {
    const own = join(folder, "out", "v2", "a", "vocals.wav");
    const { tasks, leftOut } = await plan([planned(own, { searched: true })]);
    expect(tasks).toEqual([]);
    expect(leftOut).toEqual([{ input: own, reason: "an earlier run wrote it" }]);
    expect((await plan([planned(own)])).tasks).toHaveLength(1);
  });

  it("opens songs only for their tags; those that cannot be are problems", async () => {
    const good = await writeSong(folder, music(44100, 1, 100), 44100, "good.wav");
    const bad = join(folder, "bad.wav");
    await writeFile(bad, "not audio");
    const songs = [planned(bad), planned(good)];
    expect((await plan(songs)).tasks).toHaveLength(2);
    const { tasks, problems } = await plan(songs, {}, "{artist}/{title}/{stem}");
    expect(tasks.map(({ outputs }) => outputs[0].path)).toEqual([
      join(folder, "out", "unknown", "good", "vocals.wav"),
    ]);
    expect(problems).toMatchObject([{ input: bad, error: { code: "not-audio" } }]);
  });
});
