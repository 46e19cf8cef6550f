import { link, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type PlannedSong, type PlanSettings, planOutputs } from "./outputPlan.ts";
import { songFile } from "./song.ts";
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
    output: join(folder, "out"),
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

  it.each([
    ["song.wav", "x/song.mp3"],
    ["song.wav", "Song.flac"],
    ["caf\u00e9.wav", "cafe\u0301.mp3"],
    ["what?.wav", "what*.wav"],
  ])("refuses %s and %s, which would be the same files", async (a, b) => {
    await expect(plan([planned(a), planned(b)])).rejects.toMatchObject({
      code: "invalid-argument",
      message: expect.stringMatching(/would both be written to/),
    });
  });

  it("tells songs of one name apart by their folders", async () => {
    const songs = ["x", "y"].map((name) => planned(`${name}/song.wav`, { folder: name }));
    expect((await plan(songs)).tasks).toHaveLength(2);
    await expect(plan(songs, {}, "{track}/{stem}")).rejects.toThrow(/would both be/);
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
    const songs = [planned(path), planned(other)];
    const here = (output: string) => plan(songs, { output, names: ["vocals"] }, "{stem}");
    await expect(plan([planned(path)], { output: folder }, "{stem}")).rejects.toThrow(
      /vocals\.wav would overwrite the song/,
    );
    await expect(plan(songs, { output: folder, names: ["vocals"] }, "{track}")).rejects.toThrow(
      /would overwrite/,
    );
    await symlink(folder, join(folder, "round"));
    await expect(
      plan([planned(path)], { output: join(folder, "round") }, "{stem}"),
    ).rejects.toThrow(/would overwrite/);
    await mkdir(join(folder, "second"));
    await link(other, join(folder, "second", "vocals.wav"));
    await expect(
      plan([planned(other)], { output: join(folder, "second") }, "{stem}"),
    ).rejects.toThrow(/would overwrite/);
    await expect(here(join(folder, "third"))).rejects.toThrow(/both/);
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

  it("leaves out what was found among the model's own outputs", async () => {
    const own = join(folder, "out", "v2", "a", "vocals.wav");
    expect((await plan([planned(own, { searched: true })])).tasks).toEqual([]);
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
