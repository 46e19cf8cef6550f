/** For tests of the program: its inputs, a fresh folder for every run, and runs of it as users start them. */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { flacFixtures } from "../../src/audio/testing/signals.ts";
import { encodeWav } from "../../src/audio/testing/wavEncoder.ts";
import { noiseSource } from "../../src/testing/noise.ts";

export const program = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
export const model = "xumx-slicq";
export const stemNames = ["bass.wav", "drums.wav", "other.wav", "vocals.wav"];

/** How a run ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Paths of a song's four stems under the default names. */
export const stemsOf = (track: string, output = "separated") =>
  stemNames.map((name) => join(output, model, track, name));

export const sleep = (milliseconds: number) =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Noise in bursts over two tones. */
export function music(seconds: number): Float32Array[] {
  const next = noiseSource(3);
  return [110, 330].map((hertz) =>
    Float32Array.from({ length: Math.round(seconds * 44100) }, (_, i) => {
      const burst = 0.4 * next() * Math.exp(-(i % 11025) / 900);
      return burst + 0.3 * Math.sin((2 * Math.PI * hertz * i) / 44100);
    }),
  );
}

/** Waits for the end of a run. */
export async function end(child: ChildProcess): Promise<Ending> {
  const text = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (part: string) => {
      text[name] += part;
    });
  }
  const [code, signal] = await once(child, "close");
  return { code, signal, ...text };
}

/** The program, run by the tests of one file. */
export class CommandLine {
  /** Holds the inputs; the program runs in a fresh folder below it, so that `../song.wav` is an input. */
  inputs = "";
  folder = "";

  /** To be called once in a file: makes the inputs before its tests, and removes all after them. */
  constructor() {
    beforeAll(() => this.#prepare());
    afterAll(() => rm(this.inputs, { recursive: true, force: true }));
    beforeEach(async () => {
      this.folder = await mkdtemp(join(this.inputs, "run-"));
    });
  }

  start(...args: readonly string[]): ChildProcess {
    return this.startWith({}, ...args);
  }

  startWith(options: SpawnOptions, ...args: readonly string[]): ChildProcess {
    return spawn(process.execPath, [program, ...args], {
      cwd: this.folder,
      stdio: ["ignore", "pipe", "pipe"],
      ...options,
    });
  }

  run(...args: readonly string[]): Promise<Ending> {
    return end(this.start(...args));
  }

  /** Paths of all files below the folder of this run. */
  async written(): Promise<string[]> {
    const entries = await readdir(this.folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(this.folder.length + 1))
      .sort();
  }

  async #prepare(): Promise<void> {
    if (!existsSync(program)) throw new Error("dist is missing: run `npm run build` first.");
    this.inputs = await mkdtemp(join(tmpdir(), "xumx-cli-"));
    const song = encodeWav(music(1.5), { format: "float32" });
    await writeFile(join(this.inputs, "song.wav"), song);
    await writeFile(join(this.inputs, "cut.wav"), song.subarray(0, song.length >> 1));
    await writeFile(join(this.inputs, "chirps.flac"), flacFixtures.stereo16.bytes);
    await writeFile(join(this.inputs, "empty.wav"), "");
    await writeFile(join(this.inputs, "text.wav"), "Dear diary, today I recorded a song.");
    await writeFile(join(this.inputs, "header.wav"), encodeWav([[], []]));
    const broken = music(0.5);
    broken[1][9999] = Number.NaN;
    await writeFile(join(this.inputs, "nan.wav"), encodeWav(broken, { format: "float32" }));
    const [second] = music(1);
    const minutes = Array.from({ length: 120 * 44100 }, (_, i) => 30000 * second[i % 44100]);
    await writeFile(join(this.inputs, "long.wav"), encodeWav([minutes]));
    await mkdir(join(this.inputs, "other"));
    await writeFile(join(this.inputs, "other", "song.wav"), song);
    await writeFile(join(this.inputs, "weights.safetensors"), "not weights");
  }
}
