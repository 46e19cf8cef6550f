import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createReadStream, existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openAudio } from "../src/audio/index.ts";
import { flacFixtures, noiseGenerator, readAll } from "../src/audio/testing/signals.ts";
import { encodeWav } from "../src/audio/testing/wavEncoder.ts";
import { jsonEvents } from "../src/cli/jsonEvents.ts";
import { agreement } from "../src/testing/golden.ts";

const program = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const model = "xumx-slicq";
const stemNames = ["bass.wav", "drums.wav", "other.wav", "vocals.wav"];
/** Extra runs of what is left to chance. */
const all = process.env.XUMX_ALL_TESTS === "1";

/** Holds the inputs; the program runs in a fresh folder below it, so that `../song.wav` is an input. */
let inputs: string;
let folder: string;

beforeAll(async () => {
  if (!existsSync(program)) throw new Error("dist is missing: run `npm run build` first.");
  inputs = await mkdtemp(join(tmpdir(), "xumx-cli-"));
  const song = encodeWav(music(1.5), { format: "float32" });
  await writeFile(join(inputs, "song.wav"), song);
  await writeFile(join(inputs, "cut.wav"), song.subarray(0, song.length >> 1));
  await writeFile(join(inputs, "chirps.flac"), flacFixtures.stereo16.bytes);
  await writeFile(join(inputs, "empty.wav"), "");
  await writeFile(join(inputs, "text.wav"), "Dear diary, today I recorded a song.");
  await writeFile(join(inputs, "header.wav"), encodeWav([[], []]));
  const broken = music(0.5);
  broken[1][9999] = Number.NaN;
  await writeFile(join(inputs, "nan.wav"), encodeWav(broken, { format: "float32" }));
  const [second] = music(1);
  const minutes = Array.from({ length: 120 * 44100 }, (_, i) => 30000 * second[i % 44100]);
  await writeFile(join(inputs, "long.wav"), encodeWav([minutes]));
  await mkdir(join(inputs, "other"));
  await writeFile(join(inputs, "other", "song.wav"), song);
  await writeFile(join(inputs, "weights.safetensors"), "not weights");
});
afterAll(() => rm(inputs, { recursive: true, force: true }));
beforeEach(async () => {
  folder = await mkdtemp(join(inputs, "run-"));
});

/** Noise in bursts over two tones. */
function music(seconds: number): Float32Array[] {
  const next = noiseGenerator(3);
  return [110, 330].map((hertz) =>
    Float32Array.from({ length: Math.round(seconds * 44100) }, (_, i) => {
      const burst = 0.4 * next() * Math.exp(-(i % 11025) / 900);
      return burst + 0.3 * Math.sin((2 * Math.PI * hertz * i) / 44100);
    }),
  );
}

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(...args: readonly string[]): ChildProcess {
  return startWith({}, ...args);
}

function startWith(options: SpawnOptions, ...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [program, ...args], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    ...options,
  });
}

async function end(child: ChildProcess): Promise<Ending> {
  const text = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (part: string) => {
      text[name] += part;
    });
  }
  const [code, signal] = await once(child, "close");
  return { code, signal, ...text };
}

const run = (...args: readonly string[]) => end(start(...args));

/** Paths of all files below the folder of this run. */
async function written(): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

const stemsOf = (track: string, output = "separated") =>
  stemNames.map((name) => join(output, model, track, name));

describe("demix", () => {
  it("writes four stems and says where, in plain text when there is no terminal", async () => {
    const home = await mkdtemp(join(inputs, "home-"));
    const env = { ...process.env, HOME: home, XDG_CACHE_HOME: "", XDG_CONFIG_HOME: "" };
    const { code, stdout, stderr } = await end(startWith({ env }, "demix", "../song.wav"));
    // Nor is anything prepared to be sent away: the tensor runtime's telemetry would show here.
    expect(await readdir(home)).toEqual([]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${join("separated", model, "song")}\n` });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there.
    expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    const [first, second, ...rest] = stderr.split("\n");
    expect(first).toMatch(new RegExp(`^model: ${model} \\(non-commercial: .*\\)$`));
    expect(second).toMatch(/^song\.wav: 1\.5 s of music in [\d.]+ s, [\d.]+ × real time$/);
    expect(rest).toEqual([""]);
    expect(await written()).toEqual(stemsOf("song"));
    for (const path of stemsOf("song")) {
      await using source = await openAudio(join(folder, path));
      expect(source.format).toMatchObject({ frames: 66150, channels: 2, sampleRate: 44100 });
    }
  });

  it("gives the same bytes in every run with the same threads", async () => {
    await run("demix", "../song.wav", "--threads", "2", "-o", "first");
    await run("demix", "../song.wav", "--threads", "2", "-o", "second");
    for (const [i, path] of stemsOf("song", "first").entries()) {
      const first = await readFile(join(folder, path));
      const second = await readFile(join(folder, stemsOf("song", "second")[i]));
      expect(first.length).toBeGreaterThan(66150 * 8);
      expect(first.equals(second)).toBe(true);
    }
  });

  it("gives the same music on WebAssembly as on the native runtime", async () => {
    // By mix phase: Wiener-EM would show rounding in stems that are a small rest of large ones.
    const model = "xumx-slicq-realtime";
    const native = await run(
      ...["demix", "../song.wav", "--model", model, "--runtime", "native", "-o", "native"],
    );
    // Without the optional native package there is nothing to compare.
    if (/onnxruntime-node is not installed/.test(native.stderr)) {
      expect(native.code).toBe(1);
      return;
    }
    expect(native.code).toBe(0);
    const wasm = await run(
      ...["demix", "../song.wav", "--model", model, "--runtime", "wasm", "-o", "wasm"],
    );
    expect(wasm.code).toBe(0);
    for (const stem of stemNames) {
      const read = async (output: string) =>
        readAll(await openAudio(join(folder, output, model, "song", stem)));
      const [expected, got] = [await read("native"), await read("wasm")];
      const db = Math.min(...expected.map((channel, c) => agreement(channel, got[c])));
      console.log(`${stem}: WebAssembly at ${db.toFixed(1)} dB of native`);
      expect(db).toBeGreaterThan(100);
    }
  });
});

describe("batches", () => {
  it("of folders and patterns, several songs at once, and only once each", async () => {
    const songs = join(folder, "songs");
    await mkdir(join(songs, "live [1]"), { recursive: true });
    const song = await readFile(join(inputs, "other", "song.wav"));
    for (const name of ["a.wav", "live [1]/a.wav", "live [1]/b.wav", "cover.jpg"]) {
      await writeFile(join(songs, name), song);
    }
    const args = ["demix", "songs", "songs/a.wav", "-o", "out", "--stems", "bass", "--jobs", "2"];
    const { code, stdout } = await run(...args, "--recursive");
    expect(code).toBe(0);
    const outputs = ["a", "live [1]/a", "live [1]/b"].map((track) => join("out", model, track));
    expect(stdout.trim().split("\n").sort()).toEqual(outputs);
    const stems = outputs.map((output) => join(output, "bass.wav"));
    expect((await written()).filter((path) => path.startsWith("out"))).toEqual(stems);
    // A pattern that no shell has expanded; what is there is left alone.
    const marked = join(folder, stems[1]);
    await writeFile(marked, "as it was");
    await rm(join(folder, stems[2]));
    const again = await run("demix", "songs/**/?.wav", ...args.slice(3), "--skip-existing");
    expect(again.code).toBe(0);
    expect(again.stdout).toBe(`${outputs[2]}\n`);
    expect(again.stderr).toMatch(/1 separated, 2 skipped, 0 failed/);
    expect(await readFile(marked, "utf8")).toBe("as it was");
  });

  it("that are killed are completed by --skip-existing", async () => {
    const songs = await Promise.all(
      ["a", "b", "c", "d"].map(async (name) => {
        await writeFile(join(folder, `${name}.wav`), await readFile(join(inputs, "song.wav")));
        return `${name}.wav`;
      }),
    );
    const args = [...songs, "--skip-existing", "--format", "flac", "--threads", "1"];
    await run(...args, "-o", "whole");
    const whole = (await written()).filter((path) => path.startsWith("whole"));
    expect(whole).toHaveLength(16);
    const out = () => written().then((paths) => paths.filter((path) => path.startsWith("out")));
    const visible = async () => (await out()).filter((path) => !/[\\/]\.xumx/.test(path));
    for (let kill = 0; kill < (all ? 20 : 3); kill++) {
      if ((await visible()).length === whole.length) {
        await rm(join(folder, "out"), { recursive: true });
      }
      const child = start(...args, "-o", "out", "--jobs", String(1 + (kill % 2)));
      const ending = end(child);
      const before = (await visible()).length;
      // At random, but after work has begun.
      while (child.exitCode === null && (await out()).length === before) await sleep(10);
      await sleep(Math.random() * 400);
      child.kill("SIGKILL");
      await ending;
      // Whatever has a name is whole.
      for (const path of await visible()) {
        const expected = await readFile(join(folder, path.replace("out", "whole")));
        expect((await readFile(join(folder, path))).equals(expected)).toBe(true);
      }
    }
    expect((await run(...args, "-o", "out")).code).toBe(0);
    expect(await out()).toEqual(whole.map((path) => path.replace("whole", "out")));
    for (const path of whole) {
      const got = await readFile(join(folder, path.replace("whole", "out")));
      expect(got.equals(await readFile(join(folder, path)))).toBe(true);
    }
  });
});

describe("streams", () => {
  it("a song from stdin, a stem to stdout, and nothing else there", async () => {
    const args = [
      "-",
      "--name",
      "My song",
      "--stems",
      "drums",
      "--start",
      "0.05",
      "--duration",
      "0.1",
      "-o",
      "-",
    ];
    const child = startWith({ stdio: ["pipe", "pipe", "pipe"] }, ...args);
    if (child.stdin) createReadStream(join(inputs, "chirps.flac")).pipe(child.stdin);
    const parts: Buffer[] = [];
    child.stdout?.on("data", (part: Buffer) => parts.push(part));
    const [code] = await once(child, "close");
    expect(code).toBe(0);
    await writeFile(join(folder, "piped.wav"), Buffer.concat(parts));
    const source = await openAudio(join(folder, "piped.wav"));
    const piped = await readAll(source);
    await run("demix", "../chirps.flac", ...args.slice(1, -1), "files", "--filename", "{stem}");
    const file = await openAudio(join(folder, "files", "drums.wav"));
    expect(await readAll(file)).toEqual(piped);
    expect(piped[0]).toHaveLength(4410);
    expect(await written()).toEqual([join("files", "drums.wav"), "piped.wav"]);
  });

  it("a reader that has heard enough ends the work without complaint", async () => {
    const child = start("../long.wav", "--stems", "drums", "-o", "-");
    child.stdout?.once("data", () => child.stdout?.destroy());
    const { code, stderr } = await end(child);
    expect(stderr).toMatch(/^model: .*\n$/);
    expect(code).toBe(0);
  });

  it("what is no song is told with stdin's name", async () => {
    const child = startWith({ stdio: ["pipe", "pipe", "pipe"] }, "-");
    child.stdin?.end("Dear diary");
    const { code, stderr } = await end(child);
    expect(code).toBe(1);
    expect(stderr).toMatch(/stdin is not audio/);
  });
});

describe("what comes out", () => {
  it("of two stems is one and the exact rest; of a part, that part, to the sample", async () => {
    const options = ["--two-stems", "vocals", "--start", "0:00.25", "--duration", "0.5"];
    const { code } = await run("../song.wav", ...options, "-o", "out", "--filename", "{stem}");
    expect(code).toBe(0);
    const song = await readAll(await openAudio(join(inputs, "song.wav")));
    const read = async (name: string) => readAll(await openAudio(join(folder, "out", name)));
    const [vocals, rest] = [await read("vocals.wav"), await read("no_vocals.wav")];
    for (const [c, channel] of song.entries()) {
      expect(vocals[c]).toHaveLength(22050);
      const part = channel.slice(11025, 33075);
      expect(rest[c]).toEqual(part.map((x, i) => x - vocals[c][i]));
    }
  });

  it("sums to the song when asked to", async () => {
    await run("../song.wav", "--sum-to-mix", "-o", "out", "--filename", "{stem}", "--quiet");
    const song = await readAll(await openAudio(join(inputs, "song.wav")));
    const stems = await Promise.all(
      stemNames.map(async (name) => readAll(await openAudio(join(folder, "out", name)))),
    );
    const sum = song[0].map((_, i) => stems.reduce((total, stem) => total + stem[0][i], 0));
    const db = agreement(song[0], sum);
    console.log(`the sum of the stems is at ${db.toFixed(1)} dB of the song`);
    expect(db).toBeGreaterThan(140);
  });

  it("is in the format of choice, says when it became quieter, and has tidy names", async () => {
    const loud = music(0.5).map((channel) => channel.map((x) => 100 * x));
    await writeFile(join(folder, "-Ünï: codé.wav"), encodeWav(loud, { format: "float32" }));
    const options = ["--format", "flac", "--depth", "int16", "--filename", "{track} - {stem}"];
    const { code, stderr } = await run(
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
    expect(await written()).toEqual(["-Ünï: codé.wav", path]);
    await using source = await openAudio(join(folder, path));
    expect(source.format).toMatchObject({
      container: "flac",
      sampleFormat: "int16",
      frames: 22050,
    });
  });
});

describe("--json", () => {
  it("tells every step in the documented fields, and nothing else", async () => {
    const { code, stdout, stderr } = await run("../song.wav", "../text.wav", "--json", "-o", "out");
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
    const { code, stdout } = await run("../song.wav", "--json", "--model", "nope");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ event: "error", code: "weights-missing" });
  });
});

describe("places that cannot be written to", () => {
  /** Runs a program as somebody without rights: as the user, or, from root, as nobody. */
  const asNobody = process.getuid?.() === 0 ? ["setpriv", ...nobody()] : [];
  function nobody() {
    return ["--reuid=65534", "--regid=65534", "--clear-groups"];
  }
  const possible =
    process.platform !== "win32" &&
    (asNobody.length === 0 || spawnSync(asNobody[0], [...asNobody.slice(1), "true"]).status === 0);

  it.skipIf(!possible)("a read-only folder is named, and nothing is left", async () => {
    const locked = join(folder, "locked");
    await mkdir(locked);
    await chmod(inputs, 0o755);
    await chmod(folder, 0o755);
    await chmod(locked, 0o555);
    const command = [...asNobody, process.execPath, program, "../song.wav", "-o", "locked/out"];
    const child = spawn(command[0], command.slice(1), {
      cwd: folder,
      env: { ...process.env, HOME: folder },
    });
    const { code, stderr } = await end(child);
    expect(code).toBe(1);
    expect(stderr).toMatch(/locked\/out.* cannot be written: EACCES/);
    expect(await written()).toEqual([]);
    const unreadable = join(folder, "secret.wav");
    await writeFile(unreadable, "x", { mode: 0 });
    const secret = [...command.slice(0, -3), "secret.wav", "-o", "out"];
    const reading = await end(
      spawn(secret[0], secret.slice(1), { cwd: folder, env: { ...process.env, HOME: folder } }),
    );
    expect(reading.stderr).toMatch(/secret\.wav cannot be read: EACCES/);
  });

  it("a full file system is named, and nothing is left", async ({ skip }) => {
    const tiny = join(folder, "tiny");
    await mkdir(tiny);
    const mounted =
      process.platform === "linux" &&
      spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", tiny]).status === 0;
    if (!mounted) skip("no file system can be mounted here");
    try {
      for (const format of ["wav", "flac"]) {
        const { code, stderr } = await run("../song.wav", "-o", "tiny/out", "--format", format);
        expect(code).toBe(1);
        expect(stderr).toMatch(
          /tiny.out.*(bass|vocals|other|drums)\.\w+ cannot be written: ENOSPC/,
        );
        expect(await readdir(tiny)).toEqual([]);
      }
    } finally {
      spawnSync("umount", [tiny]);
    }
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
    const { code, stdout, stderr } = await run("--help");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("Usage: xumx-slicq");
    expect(stdout).toContain("demix");
  });

  it("of the command names every option and its default", async () => {
    const { code, stdout } = await run("demix", "--help");
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
    const { code, stdout } = await run("--version");
    expect(code).toBe(0);
    const [first, second] = stdout.split("\n");
    expect(first).toBe(version);
    expect(second).toMatch(new RegExp(`${model}.*non-commercial`));
  });
});

describe("what cannot be done is said in a line, with a hint, and leaves nothing", () => {
  it("of every bad song, whatever is wrong; good ones are separated all the same", async () => {
    const bad: readonly (readonly [string, RegExp])[] = [
      ["../missing.wav", /missing\.wav does not exist/],
      ["..//other/none*.wav", /No song matches .*none/],
      ["../text.wav", /text\.wav is not audio/],
      ["../empty.wav", /empty\.wav is empty/],
      ["../header.wav", /header\.wav holds no samples/],
      ["../cut.wav", /cut\.wav is damaged/],
      ["../nan.wav", /nan\.wav.*NaN/],
    ];
    const { code, stdout, stderr } = await run(...bad.map(([song]) => song), "../song.wav");
    expect({ code, stdout }).toEqual({ code: 1, stdout: `${join("separated", model, "song")}\n` });
    expect(await written()).toEqual(stemsOf("song"));
    for (const [, message] of bad) {
      const lines = stderr.split("\n");
      const at = lines.findIndex((line) => message.test(line));
      expect(lines[at]).toMatch(/^xumx-slicq: \S/);
      expect(lines[at + 1]).toMatch(/^ {2}\S/);
    }
    const ending = stderr.split("\n").slice(-bad.length - 2);
    expect(ending[0]).toMatch(/^1 separated, 7 failed, in \d/);
    for (const [, message] of bad) {
      expect(ending.slice(1, -1).filter((line) => message.test(line))).toHaveLength(1);
    }
  });

  it.each([
    ["a missing file", 1, ["../missing.wav"], /missing\.wav does not exist/],
    ["an unknown model", 1, ["../song.wav", "--model", "nope"], /no model "nope"/],
    ["broken weights", 1, ["../song.wav", "-m", "../weights.safetensors"], /weights\.safetensors/],
    [
      "a file in place of the output",
      1,
      ["../song.wav", "-o", "../text.wav"],
      /text\.wav.*cannot be/,
    ],
    ["two songs of one name", 2, ["../song.wav", "../other/song.wav"], /song\.wav and .*song\.wav/],
    [
      "a song that would be overwritten",
      2,
      ["../song.wav", "-o", "..", "--filename", "{track}", "--stems", "bass"],
      /would overwrite/,
    ],
    ["four stems into stdout", 2, ["../song.wav", "-o", "-"], /stdout/],
  ])("%s", async (_, expected, args, message) => {
    const { code, stdout, stderr } = await run("demix", ...args);
    expect({ code, stdout }).toEqual({ code: expected, stdout: "" });
    const [line, hint, ...rest] = stderr.replace(/^model: .*\n/, "").split("\n");
    expect(line).toMatch(/^xumx-slicq: \S/);
    expect(line).toMatch(message);
    expect(hint).toMatch(/^ {2}\S/);
    expect(rest).toEqual([""]);
    expect(await written()).toEqual([]);
    await expect(readFile(join(inputs, "song.wav"))).resolves.toHaveLength(529244);
  });

  it.each([
    ["an unknown command", ["nonsense"], "nonsense"],
    ["half a thread", ["demix", "../song.wav", "--threads", "1.5"], "--threads"],
  ])("%s", async (_, args, name) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^error: .*\n\(--help shows how it is used\)\n$/);
    expect(stderr).toContain(name);
    expect(await written()).toEqual([]);
  });
});

describe("interruptions", () => {
  // Windows has no signals that a process could send to another.
  it.skipIf(process.platform === "win32").each(["SIGINT", "SIGTERM"] as const)(
    "%s in the middle of a song ends it soon, by its code, and leaves nothing",
    async (signal) => {
      const child = start("demix", "../long.wav", "--threads", "1");
      const ending = end(child);
      while (child.exitCode === null && (await written()).length < 4) await sleep(20);
      expect((await written()).every((path) => path.endsWith(".part"))).toBe(true);
      const sent = performance.now();
      child.kill(signal);
      const { code, signal: ended, stdout, stderr } = await ending;
      const seconds = (performance.now() - sent) / 1e3;
      console.log(`${signal}: ended after ${seconds.toFixed(2)} s`);
      // A busy machine cannot end in order in time; then the signal itself does it, which shells show as the same code.
      expect([signal === "SIGINT" ? 130 : 143, signal]).toContain(code ?? ended);
      expect(stdout).toBe("");
      expect(stderr).toMatch(/^Interrupted/m);
      expect(await readdir(folder)).toEqual([]);
      // About a second; more is granted to a busy machine.
      expect(seconds).toBeLessThan(5);
    },
  );

  it.skipIf(process.platform === "win32")("a second Ctrl-C ends it at once", async () => {
    const child = start("demix", "../long.wav", "--threads", "1");
    const ending = end(child);
    while (child.exitCode === null && (await written()).length < 4) await sleep(20);
    child.kill("SIGINT");
    await sleep(5);
    child.kill("SIGINT");
    const { code, signal } = await ending;
    // Either the first was quick enough, or the second ended it as if there were no handler.
    expect([130, "SIGINT"]).toContain(code ?? signal);
    expect(await readdir(folder)).toEqual([]);
  });

  it.each(["stdout", "stderr"] as const)(
    "a reader of %s that has gone stops nothing: every song is separated",
    async (name) => {
      const child = start("demix", "../song.wav", "../chirps.flac");
      child[name]?.destroy();
      const { code, stderr } = await end(child);
      expect(stderr).not.toMatch(/^\s+at /m);
      expect(code).toBe(0);
      expect(await written()).toEqual([...stemsOf("chirps"), ...stemsOf("song")]);
    },
  );
});
