import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openAudio } from "../src/audio/index.ts";
import { flacFixtures, noiseGenerator, readAll } from "../src/audio/testing/signals.ts";
import { encodeWav } from "../src/audio/testing/wavEncoder.ts";
import { agreement } from "../src/testing/golden.ts";

const program = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const model = "interim-realtime";
const stemNames = ["bass.wav", "drums.wav", "other.wav", "vocals.wav"];

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

interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [program, ...args], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
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
    const { code, stdout, stderr } = await run("demix", "../song.wav");
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${join("separated", model, "song")}\n` });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there.
    expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    expect(stderr).toMatch(/^song\.wav: 1\.5 s of music in [\d.]+ s, [\d.]+ × real time\n$/);
    expect(await written()).toEqual(stemsOf("song"));
    for (const path of stemsOf("song")) {
      await using source = await openAudio(join(folder, path));
      expect(source.format).toMatchObject({ frames: 66150, channels: 2, sampleRate: 44100 });
    }
  });

  it("takes several songs, of different kinds, to a folder of choice", async () => {
    const { code, stdout } = await run("demix", "../song.wav", "../chirps.flac", "-o", "a/b");
    expect(code).toBe(0);
    expect(stdout.trim().split("\n").length).toBe(2);
    expect(await written()).toEqual([
      ...stemsOf("chirps", join("a", "b")),
      ...stemsOf("song", join("a", "b")),
    ]);
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
    const native = await run("demix", "../song.wav", "--runtime", "native", "-o", "native");
    // Without the optional native package there is nothing to compare.
    if (/onnxruntime-node is not installed/.test(native.stderr)) {
      expect(native.code).toBe(1);
      return;
    }
    expect(native.code).toBe(0);
    const wasm = await run("demix", "../song.wav", "--runtime", "wasm", "-o", "wasm");
    expect(wasm.code).toBe(0);
    for (const [i, path] of stemsOf("song", "native").entries()) {
      const expected = await readAll(await openAudio(join(folder, path)));
      const got = await readAll(await openAudio(join(folder, stemsOf("song", "wasm")[i])));
      const db = Math.min(...expected.map((channel, c) => agreement(channel, got[c])));
      console.log(`${stemNames[i]}: WebAssembly at ${db.toFixed(1)} dB of native`);
      expect(db).toBeGreaterThan(100);
    }
  });
});

describe("help", () => {
  it("names the command", async () => {
    const { code, stdout, stderr } = await run("--help");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("Usage: xumx-slicq");
    expect(stdout).toContain("demix");
  });

  it("of the command names every option and its default", async () => {
    const { code, stdout } = await run("demix", "--help");
    expect(code).toBe(0);
    for (const text of ["--output", "--model", "--threads", "--runtime", "--chunk-size"]) {
      expect(stdout).toContain(text);
    }
    expect(stdout).toContain(model);
  });

  it("gives the package's version", async () => {
    const { version } = JSON.parse(
      await readFile(new URL("../package.json", import.meta.url), "utf8"),
    );
    expect(await run("--version")).toMatchObject({ code: 0, stdout: `${version}\n` });
  });
});

describe("what cannot be done is said in a line, with a hint, and leaves nothing", () => {
  it.each([
    ["a missing file", ["../missing.wav"], /missing\.wav does not exist/],
    ["a folder", [".."], /\.\. is a folder/],
    ["a file that is not audio", ["../text.wav"], /text\.wav is not audio/],
    ["an empty file", ["../empty.wav"], /empty\.wav is empty/],
    ["a header without samples", ["../header.wav"], /header\.wav holds no samples/],
    ["a truncated file", ["../cut.wav"], /cut\.wav is damaged/],
    ["a sample that is no number", ["../nan.wav"], /nan\.wav.*NaN/],
    ["an unknown model", ["../song.wav", "--model", "nope"], /no model "nope"/],
    [
      "broken weights",
      ["../song.wav", "--model", "../weights.safetensors"],
      /weights\.safetensors/,
    ],
    ["two songs of one name", ["../song.wav", "../other/song.wav"], /song\.wav and .*song\.wav/],
    ["a file in place of the output", ["../song.wav", "-o", "../text.wav"], /text\.wav.*cannot be/],
  ])("%s", async (_, args, message) => {
    const { code, stdout, stderr } = await run("demix", ...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    const [line, hint, ...rest] = stderr.split("\n");
    expect(line).toMatch(/^xumx-slicq: \S/);
    expect(line).toMatch(message);
    expect(hint).toMatch(/^ {2}\S/);
    expect(rest).toEqual([""]);
    expect(await written()).toEqual([]);
  });

  it.each([
    ["no file", ["demix"], "file"],
    ["an unknown option", ["demix", "../song.wav", "--nope"], "--nope"],
    ["an unknown command", ["nonsense"], "nonsense"],
    ["no threads", ["demix", "../song.wav", "--threads", "0"], "--threads"],
    ["half a thread", ["demix", "../song.wav", "--threads", "1.5"], "--threads"],
    ["a thread in words", ["demix", "../song.wav", "--threads", "two"], "--threads"],
    ["an unknown runtime", ["demix", "../song.wav", "--runtime", "gpu"], "--runtime"],
    ["negative chunks", ["demix", "../song.wav", "--chunk-size", "-4"], "--chunk-size"],
  ])("%s", async (_, args, name) => {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^error: .*\n\(--help shows how it is used\)\n$/);
    expect(stderr).toContain(name);
    expect(await written()).toEqual([]);
  });

  it("a bad song after a good one: the good one's stems are there", async () => {
    const { code, stderr } = await run("demix", "../song.wav", "../text.wav");
    expect(code).toBe(1);
    expect(stderr).toMatch(/text\.wav is not audio/);
    expect(await written()).toEqual(stemsOf("song"));
  });
});

describe("interruptions", () => {
  // Windows has no signals that a process could send to another.
  it.skipIf(process.platform === "win32").each(["SIGINT", "SIGTERM"] as const)(
    "%s in the middle of a song ends it soon with code 130 and no files",
    async (signal) => {
      const child = start("demix", "../long.wav", "--threads", "1");
      const ending = end(child);
      while (child.exitCode === null && (await written()).length < 4) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      expect((await written()).every((path) => path.endsWith(".part"))).toBe(true);
      const sent = performance.now();
      child.kill(signal);
      const { code, stdout, stderr } = await ending;
      const seconds = (performance.now() - sent) / 1e3;
      console.log(`${signal}: ended after ${seconds.toFixed(2)} s`);
      expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
      expect(stderr).toMatch(/^Interrupted/);
      expect(await written()).toEqual([]);
      // About a second; more is granted to a busy machine.
      expect(seconds).toBeLessThan(5);
    },
  );

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
