/** What the program writes and says where all goes well. */
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { openAudio } from "../src/audio/index.ts";
import { readAll } from "../src/audio/testing/signals.ts";
import { encodeWav } from "../src/audio/testing/wavEncoder.ts";
import { jsonEvents } from "../src/cli/jsonEvents.ts";
import { agreement } from "../src/testing/golden.ts";
import { CommandLine, end, model, music, stemNames, stemsOf } from "./testing/commandLine.ts";

const cli = new CommandLine();

describe("demix", () => {
  it("writes four stems and says where, in plain text when there is no terminal", async () => {
    const home = await mkdtemp(join(cli.inputs, "home-"));
    const env = { ...process.env, HOME: home, XDG_CACHE_HOME: "", XDG_CONFIG_HOME: "" };
    const { code, stdout, stderr } = await end(cli.startWith({ env }, "demix", "../song.wav"));
    // Nor is anything prepared to be sent away: the tensor runtime's telemetry would show here.
    expect(await readdir(home)).toEqual([]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${join("separated", model, "song")}\n` });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there.
    expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    const [first, second, ...rest] = stderr.split("\n");
    expect(first).toMatch(new RegExp(`^model: ${model} \\(non-commercial: .*\\)$`));
    expect(second).toMatch(/^song\.wav: 1\.5 s of music in [\d.]+ s, [\d.]+ × real time$/);
    expect(rest).toEqual([""]);
    expect(await cli.written()).toEqual(stemsOf("song"));
    for (const path of stemsOf("song")) {
      await using source = await openAudio(join(cli.folder, path));
      expect(source.format).toMatchObject({ frames: 66150, channels: 2, sampleRate: 44100 });
    }
  });

  it("gives the same bytes in every run with the same threads", async () => {
    await cli.run("demix", "../song.wav", "--threads", "2", "-o", "first");
    await cli.run("demix", "../song.wav", "--threads", "2", "-o", "second");
    for (const [i, path] of stemsOf("song", "first").entries()) {
      const first = await readFile(join(cli.folder, path));
      const second = await readFile(join(cli.folder, stemsOf("song", "second")[i]));
      expect(first.length).toBeGreaterThan(66150 * 8);
      expect(first.equals(second)).toBe(true);
    }
  });

  it("gives the same music on WebAssembly as on the native runtime", async () => {
    // By mix phase: Wiener-EM would show rounding in stems that are a small rest of large ones, and the gate in what hardly plays.
    const model = ["--model", "xumx-slicq-realtime", "--no-gate"];
    const native = await cli.run(
      ...["demix", "../song.wav", ...model, "--runtime", "native", "-o", "native"],
    );
    // Without the optional native package there is nothing to compare.
    if (/onnxruntime-node is not installed/.test(native.stderr)) {
      expect(native.code).toBe(1);
      return;
    }
    expect(native.code).toBe(0);
    const wasm = await cli.run(
      ...["demix", "../song.wav", ...model, "--runtime", "wasm", "-o", "wasm"],
    );
    expect(wasm.code).toBe(0);
    for (const stem of stemNames) {
      const read = async (output: string) =>
        readAll(await openAudio(join(cli.folder, output, model[1], "song", stem)));
      const [expected, got] = [await read("native"), await read("wasm")];
      const db = Math.min(...expected.map((channel, c) => agreement(channel, got[c])));
      console.log(`${stem}: WebAssembly at ${db.toFixed(1)} dB of native`);
      expect(db).toBeGreaterThan(100);
    }
  });
});

describe("what comes out", () => {
  it("of two stems is one and the exact rest; of a part, that part, to the sample", async () => {
    const options = ["--two-stems", "vocals", "--start", "0:00.25", "--duration", "0.5"];
    const { code } = await cli.run("../song.wav", ...options, "-o", "out", "--filename", "{stem}");
    expect(code).toBe(0);
    const song = await readAll(await openAudio(join(cli.inputs, "song.wav")));
    const read = async (name: string) => readAll(await openAudio(join(cli.folder, "out", name)));
    const [vocals, rest] = [await read("vocals.wav"), await read("no_vocals.wav")];
    for (const [c, channel] of song.entries()) {
      expect(vocals[c]).toHaveLength(22050);
      const part = channel.slice(11025, 33075);
      expect(rest[c]).toEqual(part.map((x, i) => x - vocals[c][i]));
    }
  });

  it("sums to the song when asked to", async () => {
    await cli.run("../song.wav", "--sum-to-mix", "-o", "out", "--filename", "{stem}", "--quiet");
    const song = await readAll(await openAudio(join(cli.inputs, "song.wav")));
    const stems = await Promise.all(
      stemNames.map(async (name) => readAll(await openAudio(join(cli.folder, "out", name)))),
    );
    const sum = song[0].map((_, i) => stems.reduce((total, stem) => total + stem[0][i], 0));
    const db = agreement(song[0], sum);
    console.log(`the sum of the stems is at ${db.toFixed(1)} dB of the song`);
    expect(db).toBeGreaterThan(140);
  });

  it("is in the format of choice, says when it became quieter, and has tidy names", async () => {
    const loud = music(0.5).map((channel) => channel.map((x) => 100 * x));
    await writeFile(join(cli.folder, "-Ünï: codé.wav"), encodeWav(loud, { format: "float32" }));
    const options = ["--format", "flac", "--depth", "int16", "--filename", "{track} - {stem}"];
    const { code, stderr } = await cli.run(
      "demix",
      ...options,
      "--stems",
      "bass",
      "--",
      "-Ünï: codé.wav",
    );
    expect(code).toBe(0);
    expect(stderr).toMatch(/codé\.wav: all files made \d+\.\d dB quieter/);
    const path = join("separated", "-Ünï_ codé - bass.flac");
    expect(await cli.written()).toEqual(["-Ünï: codé.wav", path]);
    await using source = await openAudio(join(cli.folder, path));
    expect(source.format).toMatchObject({
      container: "flac",
      sampleFormat: "int16",
      frames: 22050,
    });
  });
});

describe("--json", () => {
  it("tells every step in the documented fields, and nothing else", async () => {
    const { code, stdout, stderr } = await cli.run(
      "../song.wav",
      "../text.wav",
      "--json",
      "-o",
      "out",
    );
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    const events: Record<string, unknown>[] = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const documented = new Map(Object.entries(jsonEvents));
    for (const { event, ...fields } of events) {
      expect(Object.keys(fields)).toEqual(Object.keys(documented.get(String(event))?.fields ?? {}));
    }
    const kinds = events.map(({ event }) => event);
    expect(kinds[0]).toBe("start");
    expect(kinds.at(-1)).toBe("summary");
    expect(kinds).toContain("progress");
    expect(events[0]).toMatchObject({
      schema: 1,
      model: { name: model, licence: expect.stringMatching(/non-commercial/) },
      runtime: { name: expect.stringMatching(/native|wasm/), version: expect.any(String) },
      device: "cpu",
      songs: 2,
    });
    expect(events.find(({ event }) => event === "song-done")).toMatchObject({
      song: 1,
      input: "../song.wav",
      gain: 1,
      duration: 1.5,
      files: stemNames.map(() => ({
        path: expect.stringContaining(join("out", model, "song")),
        frames: 66150,
        sampleRate: 44100,
        channels: 2,
        peak: expect.any(Number),
      })),
    });
    expect(events.find(({ event }) => event === "song-failed")).toMatchObject({
      song: 2,
      code: "not-audio",
      hint: expect.any(String),
    });
    expect(events.at(-1)).toMatchObject({ done: 1, failed: 1, interrupted: false });
  });

  it("tells why the work could not begin", async () => {
    const { code, stdout } = await cli.run("../song.wav", "--json", "--model", "nope");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ event: "error", code: "weights-missing" });
  });
});

describe("help", () => {
  it("is up to date in docs/cli.md", async () => {
    const script = fileURLToPath(new URL("../scripts/cliDocs.mjs", import.meta.url));
    const { status, stderr } = spawnSync(process.execPath, [script, "--check"], {
      encoding: "utf8",
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  it("names the command", async () => {
    const { code, stdout, stderr } = await cli.run("--help");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("Usage: xumx-slicq");
    expect(stdout).toContain("demix");
  });

  it("of the command names every option and its default", async () => {
    const { code, stdout } = await cli.run("demix", "--help");
    expect(code).toBe(0);
    for (const text of ["--output", "--stems", "--format", "--threads", "--json", "Examples:"]) {
      expect(stdout).toContain(text);
    }
    expect(stdout).toContain(model);
  });

  it("gives the package's version, the default model and its licence", async () => {
    const { version } = JSON.parse(
      await readFile(new URL("../package.json", import.meta.url), "utf8"),
    );
    const { code, stdout } = await cli.run("--version");
    expect(code).toBe(0);
    const [first, second] = stdout.split("\n");
    expect(first).toBe(version);
    expect(second).toMatch(new RegExp(`${model}.*non-commercial`));
  });
});
