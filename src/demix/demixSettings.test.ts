/** What comes out under the settings of a demix: which stems, which part, how loud. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createAudioWriter, type OutputFormat, openAudio } from "../audio/index.ts";
import { readAll } from "../audio/testing/signals.ts";
import { targets } from "../networks/index.ts";
import { originalWienerEm } from "../phase/index.ts";
import { Separator } from "../separation/index.ts";
import type { DemixSettings } from "../stems/index.ts";
import { formulaModel } from "../testing/formulaModel.ts";
import { agreement } from "../testing/golden.ts";
import { noiseSource } from "../testing/noise.ts";
import { demixFile } from "./demixFile.ts";
import { sharedModel } from "./testing/sharedModel.ts";
import { filesBelow, music, pathOf, readOutput, writeSong } from "./testing/songs.ts";

/** Stems sum to 0.7 of the song. */
const parts = { bass: 0.1, vocals: 0.2, other: 0.3, drums: 0.1 };
let separator: Separator;
beforeAll(async () => {
  separator = await Separator.create(sharedModel(parts), { pieceSlices: 8 });
});
afterAll(() => separator.close());

let folder: string;
let out: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "xumx-settings-"));
  out = join(folder, "out");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const demix = (path: string, settings: DemixSettings, by = separator) =>
  demixFile(by, path, out, settings);

/** Largest difference between a song and the sum of outputs, in float32's rounding of the song's peak. */
function roundings(song: readonly Float32Array[], outputs: readonly (readonly Float32Array[])[]) {
  let worst = 0;
  let peak = 0;
  for (const [c, channel] of song.entries()) {
    for (const output of outputs) expect(output[c].length).toBe(channel.length);
    for (let i = 0; i < channel.length; i++) {
      const sum = outputs.reduce((total, output) => total + output[c][i], 0);
      worst = Math.max(worst, Math.abs(channel[i] - sum));
      peak = Math.max(peak, Math.abs(channel[i]));
    }
  }
  return worst / (peak * 2 ** -24);
}

describe("which stems come out", () => {
  it("the chosen ones, in the model's order, and no others", async () => {
    const path = await writeSong(folder, music(44100, 2, 30000), 44100);
    const result = await demix(path, { stems: ["drums", "bass"] });
    expect(result.files.map(({ name }) => name)).toEqual(["bass", "drums"]);
    expect((await filesBelow(out)).sort()).toEqual(["bass.wav", "drums.wav"]);
  });

  it.each([44100, 48000, 32000])("one and the exact rest of the song, at %i Hz", async (rate) => {
    const song = music(rate, 2, 40001);
    const result = await demix(await writeSong(folder, song, rate), { twoStems: "vocals" });
    const [vocals, rest] = [
      await readOutput(result, "vocals"),
      await readOutput(result, "no_vocals"),
    ];
    expect(result.files.map(({ name }) => name)).toEqual(["vocals", "no_vocals"]);
    expect(
      agreement(
        song[0].map((x) => parts.vocals * x),
        vocals[0],
      ),
    ).toBeGreaterThan(80);
    for (const [c, channel] of song.entries()) {
      expect(rest[c]).toEqual(channel.map((x, i) => x - vocals[c][i]));
    }
  });

  it.each([44100, 48000])("what all stems leave of the song, at %i Hz", async (rate) => {
    const song = music(rate, 1, 40000);
    const result = await demix(await writeSong(folder, song, rate), { residual: true });
    const stems = await Promise.all(targets.map((target) => readOutput(result, target)));
    const residual = await readOutput(result, "residual");
    expect(
      agreement(
        song[0].map((x) => 0.3 * x),
        residual[0],
      ),
    ).toBeGreaterThan(60);
    expect(roundings(song, [...stems, residual])).toBeLessThan(4);
  });

  it.each([44100, 48000])("stems that sum to the song, to rounding, at %i Hz", async (rate) => {
    const next = noiseSource(4);
    const song = [0, 1].map(() => Float32Array.from({ length: 50000 }, () => 0.5 * next()));
    const result = await demix(await writeSong(folder, song, rate), { sumToMix: true });
    const stems = await Promise.all(targets.map((target) => readOutput(result, target)));
    expect(roundings(song, stems)).toBeLessThanOrEqual(2);
    // The larger a stem, the more of the rest it gets: all keep their proportions here.
    const vocals = song[0].map((x) => (x * parts.vocals) / 0.7);
    expect(agreement(vocals.slice(500, -500), stems[1][0].slice(500, -500))).toBeGreaterThan(20);
  });

  it("choices that exclude each other are refused before anything is read", async () => {
    for (const settings of [
      { twoStems: "vocals", residual: true },
      { twoStems: "vocals", stems: ["vocals"] },
      { residual: true, sumToMix: true },
      { stems: [] },
    ] satisfies DemixSettings[]) {
      await expect(demix(join(folder, "missing.wav"), settings)).rejects.toMatchObject({
        code: "invalid-argument",
      });
    }
  });
});

describe("a part of the song", () => {
  it.each([
    [44100, "mix"],
    [48000, "mix"],
    [44100, "wiener-em"],
  ] as const)("is that of the whole song's stems: %i Hz, %s", async (rate, method) => {
    // Masks that look around, so that context matters.
    // The network's level follows what was heard before, which a part does not know.
    await using looking = await Separator.create(formulaModel("mel-32", true), {
      pieceSlices: 8,
      level: "as-is",
      phase: method === "mix" ? { method } : originalWienerEm,
    });
    const next = noiseSource(9);
    const song = [0, 1].map(() => Float32Array.from({ length: 7 * rate }, () => 0.5 * next()));
    const path = await writeSong(folder, song, rate);
    const whole = await demix(path, {}, looking);
    const drums = await readOutput(whole, "drums");
    const part = await demix(path, { start: 4.6, duration: 1.23457, twoStems: "drums" }, looking);
    const [from, length] = [Math.round(4.6 * rate), Math.round(1.23457 * rate)];
    expect(part.frames).toBe(length);
    const wanted = drums.map((channel) => channel.slice(from, from + length));
    const got = await readOutput(part, "drums");
    const db = Math.min(...wanted.map((channel, c) => agreement(channel, got[c])));
    console.log(`${rate} Hz, ${method}: ${db.toFixed(1)} dB`);
    expect(db).toBeGreaterThan(method === "mix" ? 100 : 25);
    // The rest belongs to the same samples of the song.
    const rest = await readOutput(part, "no_drums");
    const cut = song.map((channel) => channel.slice(from, from + length));
    expect(roundings(cut, [got, rest])).toBeLessThanOrEqual(1.01);
  });

  it("ends with the song, or begins with it", async () => {
    const path = await writeSong(folder, music(44100, 1, 44100), 44100);
    expect((await demix(path, { start: 0.5 })).frames).toBe(22050);
    expect((await demix(path, { start: 0.9, duration: 5 })).frames).toBe(4410);
    expect((await demix(path, { duration: 0.25 })).frames).toBe(11025);
    expect((await demix(path, { start: 44099 / 44100, duration: 1 / 44100 })).frames).toBe(1);
  });

  it("beyond the end, or of no length, is refused and leaves nothing", async () => {
    const path = await writeSong(folder, music(44100, 1, 44100), 44100);
    await expect(demix(path, { start: 1 })).rejects.toMatchObject({
      code: "empty-audio",
      message: expect.stringContaining("1.000 s"),
    });
    for (const settings of [
      { start: -1 },
      { start: Number.NaN },
      { duration: 0 },
      { duration: 1e-6 },
      { duration: Number.POSITIVE_INFINITY },
    ]) {
      await expect(demix(path, settings)).rejects.toMatchObject({ code: "invalid-argument" });
    }
    expect(await filesBelow(out)).toEqual([]);
  });
});

it("in one channel: the stems of the channels' mean", async () => {
  const song = music(44100, 2, 30000);
  const result = await demix(await writeSong(folder, song, 44100), { mono: true, residual: true });
  expect(result.channels).toBe(1);
  const mean = song[0].map((x, i) => (x + song[1][i]) / 2);
  const [bass] = await readOutput(result, "bass");
  expect(
    agreement(
      mean.map((x) => parts.bass * x),
      bass,
    ),
  ).toBeGreaterThan(85);
  const all = await Promise.all(
    ([...targets, "residual"] as const).map((name) => readOutput(result, name)),
  );
  expect(roundings([mean], all)).toBeLessThan(4);
});

describe("samples beyond full scale", () => {
  const loud = () => music(44100, 2, 30000, 3);

  it("are all made quieter by one gain, so that outputs still sum to the song", async () => {
    const song = loud();
    const path = await writeSong(folder, song, 44100);
    const plain = await demix(path, { residual: true });
    const names = plain.files.map(({ name }) => name);
    const before = await Promise.all(names.map((name) => readOutput(plain, name)));
    const peak = Math.max(...plain.files.map((file) => file.peak));
    expect(peak).toBeGreaterThan(1.5);
    expect(plain.gain).toBe(1);

    const rescaled = await demix(path, { residual: true, clip: "rescale" });
    expect(rescaled.gain).toBeCloseTo(1 / peak, 6);
    expect(Math.max(...rescaled.files.map((file) => file.peak))).toBeCloseTo(1, 6);
    for (const [i, name] of names.entries()) {
      const after = await readOutput(rescaled, name);
      for (const [c, channel] of after.entries()) {
        expect(channel).toEqual(before[i][c].map((x) => x * rescaled.gain));
      }
    }
    const quiet = song.map((channel) => channel.map((x) => x * rescaled.gain));
    const after = await Promise.all(names.map((name) => readOutput(rescaled, name)));
    expect(roundings(quiet, after)).toBeLessThan(6);
    expect((await filesBelow(folder)).sort()).toEqual(
      [...names.map((name) => `${name}.wav`), "song.wav"].sort(),
    );
  });

  it("are cut off and counted", async () => {
    const path = await writeSong(folder, loud(), 44100);
    const plain = await demix(path, {});
    const before = await readOutput(plain, "other");
    const result = await demix(path, { clip: "clamp" });
    const after = await readOutput(result, "other");
    for (const [c, channel] of after.entries()) {
      expect(channel).toEqual(before[c].map((x) => Math.max(-1, Math.min(1, x))));
    }
    const beyond = before.flatMap((channel) => [...channel].filter((x) => Math.abs(x) > 1));
    const other = result.files.find(({ name }) => name === "other");
    expect(other?.clamped).toBe(beyond.length);
    expect(beyond.length).toBeGreaterThan(0);
    expect(other?.peak).toBe(1);
  });

  it("a song that needs no gain is not touched", async () => {
    const path = await writeSong(folder, music(44100, 2, 30000), 44100);
    const plain = await demix(path, {});
    const before = await readOutput(plain, "other");
    const result = await demix(path, { clip: "rescale" });
    expect(result.gain).toBe(1);
    expect(await readOutput(result, "other")).toEqual(before);
  });
});

describe("formats", () => {
  const formats: readonly OutputFormat[] = [
    { container: "wav", encoding: "int16" },
    { container: "wav", encoding: "int24" },
    { container: "flac", encoding: "int16" },
    { container: "flac", encoding: "int24" },
  ];

  it.each(formats)("$container of $encoding: exactly as long, within a step", async (format) => {
    const song = music(48000, 2, 50001);
    const path = await writeSong(folder, song, 48000);
    const plain = await demix(path, { stems: ["other"] });
    const [expected] = await readOutput(plain, "other");
    const result = await demix(path, { stems: ["other"], format });
    expect(pathOf(result, "other")).toBe(join(out, `other.${format.container}`));
    const source = await openAudio(pathOf(result, "other"));
    expect(source.format).toMatchObject({
      frames: 50001,
      sampleRate: 48000,
      channels: 2,
      sampleFormat: "encoding" in format ? format.encoding : "",
    });
    const [got] = await readAll(source);
    const step = "encoding" in format && format.encoding === "int16" ? 2 ** -15 : 2 ** -23;
    const worst = expected.reduce((w, x, i) => Math.max(w, Math.abs(x - got[i])), 0);
    expect(worst).toBeLessThanOrEqual(2 * step);
  });

  it("integers are rescaled by default, and cannot be left unlimited", async () => {
    const path = await writeSong(folder, music(44100, 2, 30000, 3), 44100);
    const format: OutputFormat = { container: "wav", encoding: "int16" };
    const result = await demix(path, { format });
    expect(result.gain).toBeLessThan(1);
    await expect(demix(path, { format, clip: "none" })).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });

  it("carry the song's tags, with the stem's name after the title, unless told not to", async () => {
    const format: OutputFormat = { container: "flac", encoding: "int16" };
    const path = join(folder, "tagged.flac");
    const tags = { title: "Ünï", artist: "Someone", date: "1999" };
    const shape = { sampleRate: 44100, channels: 1 };
    const writer = await createAudioWriter(path, shape, format, { tags });
    await writer.write(music(44100, 1, 3000));
    await writer.close();
    const result = await demix(path, { twoStems: "vocals", format });
    await using vocals = await openAudio(pathOf(result, "vocals"));
    expect(vocals.tags).toEqual({ ...tags, title: "Ünï (vocals)" });
    await using rest = await openAudio(pathOf(result, "no_vocals"));
    expect(rest.tags).toEqual({ ...tags, title: "Ünï (no vocals)" });
    const plain = await demix(path, { stems: ["bass"], format, tags: false });
    await using bass = await openAudio(pathOf(plain, "bass"));
    expect(bass.tags).toEqual({});
  });

  it("as fine as the song: float32 for float32", async () => {
    const path = await writeSong(folder, music(44100, 2, 3000), 44100);
    const result = await demix(path, { format: { container: "wav", encoding: "input" } });
    expect(result.format).toEqual({ container: "wav", encoding: "float32" });
  });
});
