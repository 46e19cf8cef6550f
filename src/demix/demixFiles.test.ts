import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { AbortError } from "../errors.ts";
import { Separator } from "../separation/index.ts";
import { demixFiles, type SongOutcome } from "./demixFiles.ts";
import { sharedModel } from "./testing/sharedModel.ts";
import { filesBelow, music, writeSong } from "./testing/songs.ts";

let separators: readonly Separator[];
beforeAll(async () => {
  const one = () => Separator.create(sharedModel(), { pieceSlices: 8 });
  separators = [await one(), await one()];
});
afterAll(() => Promise.all(separators.map((separator) => separator.close())));

let folder: string;
let songs: string;
let out: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "xumx-files-"));
  songs = join(folder, "songs");
  out = join(folder, "out");
  await mkdir(join(songs, "inner"), { recursive: true });
  await writeSong(songs, music(44100, 1, 9000), 44100, "a.wav");
  await writeSong(songs, music(44100, 2, 9000), 44100, "b.wav");
  await writeFile(join(songs, "c.wav"), "not audio");
  await writeSong(join(songs, "inner"), music(44100, 1, 9000), 44100, "a.wav");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const kinds = (outcomes: readonly SongOutcome[]) =>
  outcomes.map(({ kind, song }) => `${kind} ${song.slice(folder.length + 1)}`).sort();

it("separates what folders and patterns lead to, and tells of every song and input", async () => {
  const heard: SongOutcome[] = [];
  const fractions: number[] = [];
  const missing = join(folder, "missing.wav");
  const outcomes = await demixFiles(separators, [songs, `${songs}/*/a.wav`, missing], out, {
    stems: ["bass"],
    onOutcome: (outcome) => heard.push(outcome),
    onProgress: (fraction) => fractions.push(fraction),
  });
  expect(heard).toEqual(outcomes);
  expect(kinds(outcomes)).toEqual([
    "done songs/a.wav",
    "done songs/b.wav",
    "done songs/inner/a.wav",
    "failed missing.wav",
    "failed songs/c.wav",
  ]);
  expect(fractions.at(-1)).toBe(1);
  expect(await filesBelow(out)).toEqual(["bass.wav", "bass.wav", "bass.wav"]);
});

it("names outputs by a pattern, and leaves complete songs alone", async () => {
  const settings = { pattern: "{track} {stem}", twoStems: "vocals", skipExisting: true } as const;
  const inputs = [join(songs, "a.wav"), join(songs, "b.wav")];
  await demixFiles(separators[0], [inputs[0]], out, settings);
  const again = await demixFiles(separators[0], inputs, out, settings);
  expect(kinds(again)).toEqual(["done songs/b.wav", "skipped songs/a.wav"]);
  expect((await filesBelow(out)).sort()).toEqual([
    ...["a no_vocals.wav", "a vocals.wav", "b no_vocals.wav", "b vocals.wav"],
  ]);
});

it("tells songs of one name apart, or refuses these and no others", async () => {
  const inputs = [join(songs, "a.wav"), join(songs, "inner", "a.wav"), join(songs, "b.wav")];
  const pattern = "{track} {stem}";
  const outcomes = await demixFiles(separators, inputs, out, { pattern, stems: ["bass"] });
  expect(outcomes.map(({ kind }) => kind)).toEqual(["done", "done", "done"]);
  expect((await filesBelow(out)).sort()).toEqual([
    ...["b bass.wav", "inner - a bass.wav", "songs - a bass.wav"],
  ]);
  const refused = await demixFiles(separators, inputs, out, {
    ...{ pattern: "{genre}", stems: ["bass"] },
  });
  expect(refused.map(({ kind }) => kind)).toEqual(["failed", "failed", "failed"]);
});

it("with outputs beside the songs does the same again, and no more", async () => {
  await rm(join(songs, "c.wav"));
  const all = { pattern: "{track} ({stem})", recursive: true } as const;
  const formats = [
    { format: { container: "wav", encoding: "float32" }, twoStems: "vocals" },
    { format: { container: "flac", encoding: "int16" } },
    { format: { container: "wav", encoding: "int16" }, stems: ["drums"] },
  ] as const;
  for (const format of formats) {
    const outcomes = await demixFiles(separators, [songs], songs, { ...all, ...format });
    expect(kinds(outcomes).filter((one) => !one.startsWith("left-out"))).toEqual([
      ...["done songs/a.wav", "done songs/b.wav", "done songs/inner/a.wav"],
    ]);
  }
  const before = await filesBelow(songs);
  expect(before).toHaveLength(3 + 3 * (2 + 4 + 1));
});

it("with folders of outputs beside the songs passes them over, whatever the model", async () => {
  await rm(join(songs, "c.wav"));
  await demixFiles(separators, [songs], songs, { recursive: true, stems: ["bass"] });
  const [model] = [separators[0].modelName];
  await rename(join(songs, model), join(songs, "another model"));
  const again = await demixFiles(separators, [songs], songs, {
    ...{ recursive: true, stems: ["bass"], skipExisting: true },
  });
  const left = kinds(again).filter((one) => one.startsWith("left-out"));
  expect(left).toEqual([
    "left-out songs/another model/a/bass.wav",
    "left-out songs/another model/b/bass.wav",
    "left-out songs/another model/inner/a/bass.wav",
  ]);
});

it("never takes a song for an output, nor overwrites it, because of its name", async () => {
  await rm(join(songs, "c.wav"));
  await writeSong(songs, music(44100, 1, 9000), 44100, "a (vocals).wav");
  const song = await readFile(join(songs, "a (vocals).wav"));
  const outcomes = await demixFiles(separators, [songs], songs, {
    ...{ pattern: "{track} ({stem})", stems: ["vocals"] },
  });
  expect(kinds(outcomes)).toEqual([
    ...["done songs/a (vocals).wav", "done songs/b.wav", "failed songs/a.wav"],
  ]);
  expect((await readFile(join(songs, "a (vocals).wav"))).equals(song)).toBe(true);
});

it("refuses no separator and an abort, and writes nothing then", async () => {
  const inputs = [join(songs, "a.wav"), join(songs, "inner", "a.wav")];
  await expect(demixFiles([], inputs, out)).rejects.toMatchObject({ code: "invalid-argument" });
  const signal = AbortSignal.abort();
  await expect(demixFiles(separators, inputs, out, { signal })).rejects.toThrow(AbortError);
  expect(await filesBelow(out)).toEqual([]);
});
