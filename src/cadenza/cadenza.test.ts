/** The challenge's whole chain on a song made by a formula, beside the numbers of the challenge's own program. */
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAudioWriter, floatWav, openAudio, readSamples } from "../audio/index.ts";
import { readZipDirectory, readZipEntry } from "../bytes/zip.ts";
import { DataError } from "../errors.ts";
import { hearingAid } from "../metrics/haaqi/hearingAid.ts";
import { readListeners } from "../metrics/haaqi/listeners.ts";
import { formulaStem } from "../testing/formulaStems.ts";
import { agreement, goldenArray, goldenPath, readGolden } from "../testing/golden.ts";
import { compress } from "./compressor.ts";
import { enhanceSplit } from "./enhanceSplit.ts";
import { type EvaluateEvent, evaluateSplit } from "./evaluateSplit.ts";
import { readSegments, readSongs, seedOf } from "./metadata.ts";
import { pythonFloat } from "./scoresCsv.ts";
import { signalPath } from "./submission.ts";

const golden = readGolden(goldenPath("haaqi/cadenza.safetensors"));
const array = (name: string) => goldenArray(golden, name).data;
const known: {
  song: string;
  seed: number;
  scale: Record<string, string>;
  scores: Record<"seed" | "off", Record<string, Record<string, number>>>;
  stems_int16: Record<string, { samples: number; sum: number; sum_of_squares: number }>;
  reference_first: Record<string, [number[], number[]]>;
} = JSON.parse(readFileSync(goldenPath("haaqi/cadenza.json"), "utf8"));
const example = (name: string) => goldenPath(`haaqi/cadenza-example/${name}`);
const all = process.env.XUMX_ALL_TESTS === "1";

const root = mkdtempSync(join(tmpdir(), "xumx-cadenza-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const names = ["bass", "vocals", "other", "drums"] as const;
const samples = 66150;
const { song } = known;
const sixteen = { container: "wav", encoding: "int16" } as const;
const listeners = readListeners(readFileSync(example("listeners.valid.json"), "utf8"), "example");

async function write(path: string, channels: readonly Float32Array[], format = floatWav) {
  const shape = { sampleRate: 44100, channels: 2 };
  await using writer = await createAudioWriter(path, shape, format as typeof floatWav);
  await writer.write(channels);
  await writer.close();
}

/** Challenge folder and two folders of estimates: as in the reference numbers, and the truth. */
const truth: Record<string, [Float32Array, Float32Array]> = {};
beforeAll(async () => {
  for (const [k, name] of names.entries()) {
    const channel = (c: number) =>
      Float32Array.from(formulaStem(0, k, c, samples), (x) => Math.floor(32768 * x + 0.5) / 32768);
    truth[name] = [channel(0), channel(1)];
  }
  const sum = (c: 0 | 1) =>
    truth.bass[c].map((x, i) => x + truth.vocals[c][i] + truth.other[c][i] + truth.drums[c][i]);
  const folder = join(root, "audio", "musdb18hq", "train", song);
  for (const name of names) {
    await write(join(folder, `${name}.wav`), truth[name], sixteen as never);
    await write(join(root, "truth", song, `${name}.wav`), truth[name]);
    const estimate = ([0, 1] as const).map((c) =>
      truth[name][c].map((x, i) => {
        const rest = names.filter((n) => n !== name).reduce((s, n) => s + truth[n][c][i], 0);
        return 0.85 * x + 0.12 * rest;
      }),
    );
    await write(join(root, "estimates", song, `${name}.wav`), estimate);
  }
  const mixture = ([0, 1] as const).map(sum);
  await write(join(folder, "mixture.wav"), mixture);
  for (const folderName of ["truth", "estimates"]) {
    await write(join(root, folderName, song, "mixture.wav"), mixture);
  }
  for (const file of ["listeners.valid.json", "musdb18.valid.json"]) {
    const target = join(root, "metadata", file);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(example(file), target);
  }
});

async function enhanced(method: string, out: string) {
  const kinds: string[] = [];
  const options = { root, split: "valid", method: { kind: "estimates", path: join(root, method) } };
  for await (const event of enhanceSplit({ ...options, out } as Parameters<typeof enhanceSplit>[0]))
    kinds.push(event.kind);
  return kinds;
}

async function evaluated(enhancedIn: string, out: string, more = {}): Promise<EvaluateEvent[]> {
  const events: EvaluateEvent[] = [];
  const options = { root, split: "valid", enhanced: enhancedIn, out, ...more } as const;
  for await (const event of evaluateSplit(options)) events.push(event);
  return events;
}

describe("the Cadenza challenge", () => {
  const out = join(root, "out");
  const signals = join(out, "enhanced_signals");

  it("is enhanced as by the challenge's own program, and what is there is skipped", async () => {
    expect(seedOf(song)).toBe(known.seed);
    for (const name of names) {
      const first = truth[name].map((x) => [...x.subarray(0, 8)].map((v) => v * 32768));
      expect(first).toEqual(known.reference_first[name]);
    }
    expect(await enhanced("estimates", out)).toEqual(["enhanced", "enhanced"]);
    expect(await enhanced("estimates", out)).toEqual(["skipped", "skipped"]);
    for (const listener of listeners.values()) {
      for (const instrument of names) {
        for (const side of ["left", "right"] as const) {
          const key = `${listener.name}.${side}_${instrument}`;
          const path = signalPath(signals, listener, song, { side, instrument });
          const source = await openAudio(`${path}.flac`);
          expect(source.format).toMatchObject({ sampleRate: 24000, channels: 1 });
          const ours = (await readSamples(source))[0].map((x) => Math.round(x * 32768));
          const theirs = known.stems_int16[key];
          expect(ours.length).toBe(theirs.samples);
          const energy = ours.reduce((s, x) => s + x * x, 0);
          expect(Math.abs(energy / theirs.sum_of_squares - 1)).toBeLessThan(1e-2);
          const scale = Number(readFileSync(`${path}.txt`, "utf8"));
          expect(Math.abs(scale / Number(known.scale[key]) - 1)).toBeLessThan(5e-3);
          if (!golden.has(`${key}.int16`)) continue;
          const db = agreement(array(`${key}.int16`), ours);
          console.log(`${key}: ${db.toFixed(1)} dB`);
          expect(db).toBeGreaterThan(50);
        }
      }
      const path = signalPath(signals, listener, song, "remix");
      const source = await openAudio(`${path}.flac`);
      expect(source.format).toMatchObject({ sampleRate: 32000, channels: 2 });
      const [left, right] = await readSamples(source);
      expect(left.length).toBe(48160);
      if (!golden.has(`${listener.name}.remix.int16`)) continue;
      const theirs = array(`${listener.name}.remix.int16`);
      const ours = Float64Array.from(theirs, (_, i) => (i % 2 ? right : left)[i >> 1] * 32768);
      expect(agreement(theirs, ours)).toBeGreaterThan(50);
    }
  });

  it("is zipped as it is handed in, and only the test split", async () => {
    const metadata = (kind: string) => join(root, "metadata", `${kind}.test.json`);
    copyFileSync(example("listeners.valid.json"), metadata("listeners"));
    copyFileSync(example("musdb18.segments.test.json"), metadata("musdb18.segments"));
    const songs = JSON.parse(readFileSync(example("musdb18.valid.json"), "utf8"));
    writeFileSync(metadata("musdb18"), JSON.stringify(songs));
    const place = join(root, "handed in");
    const method = { kind: "estimates", path: join(root, "truth") } as const;
    const options = { root, split: "test", method, out: place, zip: "E1" } as const;
    const kinds: string[] = [];
    for await (const event of enhanceSplit(options)) kinds.push(event.kind);
    expect(kinds).toEqual(["enhanced", "enhanced", "zipped"]);
    const archive = readFileSync(join(place, "submission_E1.zip"));
    const directory = readZipDirectory(archive);
    expect(directory.size).toBe(2 * 17);
    const path = `L9001/${song}/L9001_${song}_left_bass.flac`;
    const entry = directory.get(`evaluation/${path}`);
    const file = readFileSync(join(place, "enhanced_signals", "evaluation", path));
    expect(entry && Buffer.from(readZipEntry(archive, entry)).equals(file)).toBe(true);
    for (const wrong of [{ split: "valid" }, { zip: "a/b" }] as const) {
      await expect(enhanceSplit({ ...options, ...wrong }).next()).rejects.toMatchObject({
        code: "invalid-argument",
      });
    }
  });

  it.runIf(all)(
    "is evaluated as by the challenge's own program, interrupted or not, to the same bytes",
    async () => {
      const csv = join(root, "scores.csv");
      const events = await evaluated(out, csv);
      expect(events.flatMap(({ warnings }) => warnings)).toEqual([]);
      const [head, ...rows] = readFileSync(csv, "utf8").split("\r\n");
      const [theirHead, ...theirRows] = readFileSync(example("scores.csv"), "utf8").split("\r\n");
      expect(head).toBe(theirHead);
      const shown = rows.filter((row) => row !== "");
      expect(shown).toHaveLength(events.length);
      let worst = 0;
      for (const [i, row] of shown.entries()) {
        const [ours, theirs] = [row.split(","), theirRows[i].split(",")];
        expect(ours.slice(0, 2)).toEqual(theirs.slice(0, 2));
        for (let c = 2; c < 11; c++) {
          worst = Math.max(worst, Math.abs(Number(ours[c]) - Number(theirs[c])));
        }
      }
      console.log(`Cadenza: scores within ${worst.toExponential(1)} with a resampler of our own`);
      expect(worst).toBeLessThan(5e-5);
      // As an interrupted run leaves it: the scores so far, and half a line.
      const settings = { root, signals, noise: "song", segments: false };
      const bare = Object.fromEntries(
        head
          .split(",")
          .slice(3)
          .map((name, i) => [name, Number(shown[0].split(",")[3 + i])]),
      );
      const log = [settings, { song, listener: "L9001", stems: bare }].map((x) =>
        JSON.stringify(x),
      );
      const again = join(root, "again.csv");
      writeFileSync(`${again}.part.jsonl`, `${log.join("\n")}\n{"song": "Form`);
      const resumed = await evaluated(out, again, { listeners: ["L9001"] });
      expect(resumed.map(({ kind }) => kind)).toEqual(["skipped"]);
      expect(readFileSync(again, "utf8").split("\r\n")[1]).toBe(shown[0]);
    },
  );

  it("is enhanced for several listeners at once to the same bytes", async () => {
    // Compiled: threads begin with files of JavaScript.
    const compiled = new URL("../../dist/cadenza/index.js", import.meta.url).href;
    const library: typeof import("./index.ts") = await import(compiled);
    const method = { kind: "estimates", path: join(root, "estimates") } as const;
    const [one, two] = await Promise.all(
      [1, 2].map(async (jobs) => {
        const to = join(root, `jobs-${jobs}`);
        const kinds: string[] = [];
        const options = { root, split: "valid", method, out: to, jobs } as const;
        for await (const { kind } of library.enhanceSplit(options)) kinds.push(kind);
        expect(kinds).toEqual(["enhanced", "enhanced"]);
        return to;
      }),
    );
    const files = readdirSync(one, { recursive: true, encoding: "utf8" }).sort();
    expect(readdirSync(two, { recursive: true, encoding: "utf8" }).sort()).toEqual(files);
    const contents = files.filter((file) => /\.(flac|txt)$/.test(file));
    expect(contents).toHaveLength(2 * 17);
    for (const file of contents) {
      expect(readFileSync(join(two, file)).equals(readFileSync(join(one, file))), file).toBe(true);
    }
  });

  it("true stems score above 0.8, swapped ones do not and are told", async () => {
    const path = join(root, "true");
    await enhanced("truth", path);
    const [listener] = listeners.values();
    const choice = { listeners: [listener.name], noise: "off" };
    const scored = async () => {
      const csv = join(root, "true.csv");
      const [{ warnings }] = await evaluated(path, csv, choice);
      const [head, row] = readFileSync(csv, "utf8").split("\r\n");
      const values = row.split(",").slice(3).map(Number);
      const columns = head.split(",").slice(3);
      return { warnings, scores: new Map(columns.map((name, i) => [name, values[i]])) };
    };
    const file = (instrument: (typeof names)[number], ending: string) =>
      `${signalPath(join(path, "enhanced_signals"), listener, song, { side: "left", instrument })}.${ending}`;
    if (all) {
      const { warnings, scores } = await scored();
      expect(warnings).toEqual([]);
      expect(scores.size).toBe(8);
      for (const score of scores.values()) expect(score).toBeGreaterThan(0.8);
    }
    const kept = readFileSync(file("bass", "flac"));
    copyFileSync(file("drums", "flac"), file("bass", "flac"));
    writeFileSync(file("drums", "flac"), kept);
    const { warnings, scores } = await scored();
    expect(warnings.join()).toMatch(/drums, bass: more like another stem/);
    for (const [name, score] of scores) {
      if (name === "left_bass" || name === "left_drums") expect(score).toBeLessThan(0.5);
      else expect(score, name).toBeGreaterThan(0.8);
    }
    rmSync(file("drums", "txt"));
    const [failed] = await evaluated(path, join(root, "failed.csv"), choice);
    expect(failed.error).toMatchObject({ code: "not-found" });
  });
});

describe("the parts of the challenge", () => {
  it.skipIf(!golden.has("compressor.signal"))("the compressor is the challenge's", () => {
    const signals = readGolden(goldenPath("signals.safetensors"));
    const music = Float64Array.from(goldenArray(signals, "music").data.subarray(0, 22050));
    const { signal, level, gain } = compress(
      music.map((x) => 2.5 * x),
      44100,
    );
    expect(agreement(array("compressor.signal"), signal)).toBeGreaterThan(180);
    expect(agreement(array("compressor.rms"), level)).toBeGreaterThan(180);
    expect(agreement(array("compressor.ratio"), gain)).toBeGreaterThan(180);
  });

  it("the prescription is applied as by the challenge's own program", () => {
    const [listener] = listeners.values();
    const mixed = ([0, 1] as const).map((c) =>
      truth.drums[c].map((x, i) =>
        Math.fround(0.85 * x + 0.12 * (truth.bass[c][i] + truth.vocals[c][i] + truth.other[c][i])),
      ),
    );
    const [left] = hearingAid([mixed[0], mixed[1]], listener, 44100);
    const theirs = array("L9001.left_drums.after_nalr");
    expect(agreement(theirs, left.subarray(0, theirs.length))).toBeGreaterThan(130);
  });

  it("metadata is read, with whatever else it holds, and refused where it is wrong", () => {
    const songs = readSongs(readFileSync(example("musdb18.valid.json"), "utf8"), "songs.json");
    expect(songs).toEqual([{ name: song, folder: "train" }]);
    const text = readFileSync(example("musdb18.segments.test.json"), "utf8");
    const segments = readSegments(text, "segments.json").get(song);
    expect(segments?.objective).toEqual({ start: 0.25, end: 1.25 });
    for (const text of ["", "{}", '[{"Track Name": "../up"}]', "[1]"]) {
      expect(() => readSongs(text, "songs.json")).toThrow(DataError);
    }
    expect(() => readSegments('{"a": {}}', "s.json")).toThrow(DataError);
  });

  it("numbers are printed as Python prints them", () => {
    const printed = [0.1, 1, -0, 1e-5, 1.5e-7, 1e16, 123456789, Number.NaN].map(pythonFloat);
    expect(printed).toEqual([
      "0.1",
      "1.0",
      "-0.0",
      "1e-05",
      "1.5e-07",
      "1e+16",
      "123456789.0",
      "nan",
    ]);
  });
});
