import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openAudio } from "../src/audio/index.ts";
import { readAll } from "../src/audio/testing/signals.ts";
import { targets } from "../src/networks/index.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const run = promisify(execFile);
const node = async (script: string, ...args: readonly string[]) =>
  (await run(process.execPath, [join(root, script), ...args])).stdout;

/** Seconds of the song; all but the first two examples would do with less. */
const SECONDS = 6;

let folder: string;
let song: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "xumx-examples-"));
  song = join(folder, "song.wav");
  await node("examples/makeSong.mjs", "--out", folder, "--seconds", String(SECONDS));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The numbers after a text, one for each time it stands there. */
const numbersBehind = (text: string, stdout: string) =>
  [...stdout.matchAll(new RegExp(`${text} +(-?[\\d.]+)`, "g"))].map(([, number]) => Number(number));

describe("the examples", () => {
  it("make a song that is the sum of its stems, exactly, with a peak of 0.8 at most", async () => {
    const mix = await readAll(await openAudio(song));
    const stems = await Promise.all(
      targets.map(async (target) =>
        readAll(await openAudio(join(folder, "stems", `${target}.wav`))),
      ),
    );
    for (const [c, channel] of mix.entries()) {
      expect(channel.length).toBe(SECONDS * 44100);
      const sum = new Float32Array(channel.length);
      for (const stem of stems)
        stem[c].forEach((x, i) => {
          sum[i] += x;
        });
      expect(Buffer.compare(Buffer.from(sum.buffer), Buffer.from(channel.buffer))).toBe(0);
    }
    const peaks = mix.map((channel) => channel.reduce((a, b) => Math.max(a, Math.abs(b)), 0));
    expect(Math.max(...peaks)).toBeGreaterThan(0.4);
    expect(Math.max(...peaks)).toBeLessThanOrEqual(0.8 + 1e-6);
  });

  it("separate it: every stem is better by 3 dB and more than the mixture in its place", async () => {
    const out = join(folder, "separated");
    const stdout = await node("dist/cli/main.js", "demix", song, "-o", out);
    const scores = await node("examples/score.mjs", stdout.trim(), join(folder, "stems"));
    console.log(scores);
    for (const target of targets) {
      const [, separated, mixture] =
        /^\S+ +(\S+) +(\S+)/.exec(
          scores.split("\n").find((line) => line.startsWith(target)) ?? "",
        ) ?? [];
      expect(Number(separated)).toBeGreaterThan(Number(mixture) + 3);
    }
  });

  it("separate arrays: a low tone is bass", async () => {
    const shares = [...(await node("examples/separate.mjs")).matchAll(/^(\w+) +([\d.]+) %/gm)];
    expect(shares.map(([, name]) => name)).toEqual([...targets]);
    expect(Number(shares[0][2])).toBeGreaterThan(90);
  });

  it("separate a stream, and score the stem that comes out", async () => {
    const vocals = join(folder, "vocals.flac");
    await node("examples/stream.mjs", song, vocals);
    const truth = join(folder, "stems", "vocals.wav");
    const scores = await node("examples/evaluate.mjs", truth, vocals);
    console.log(scores);
    const [whole] = numbersBehind("whole track", scores);
    expect(whole).toBeGreaterThan(2);
    // One constant does not make a good stem out of a bad one, filters of 512 taps do not either.
    expect(numbersBehind("SDR", scores).every((db) => Math.abs(db - whole) < 6)).toBe(true);
    expect(scores).toContain(`over ${SECONDS} frames`);
  });

  it("separate files into files", async () => {
    const stdout = await node("examples/files.mjs", join(folder, "pair"), song);
    expect(stdout.match(/^\w+/gm)).toEqual(["vocals", "no_vocals"]);
    await using rest = await openAudio(join(folder, "pair", "song (no_vocals).flac"));
    expect(rest.format).toMatchObject({ container: "flac", sampleRate: 44100, frames: 2 * 44100 });
  });

  it("transform there and back without loss, and filter", async () => {
    const stdout = await node("examples/transform.mjs");
    expect(numbersBehind("there and back:", stdout)[0]).toBeGreaterThan(120);
    // Two of three tones of equal strength.
    expect(numbersBehind("below 500 Hz:", stdout)[0]).toBeCloseTo(67, -0.5);
  });

  it("train a tiny network for two steps, and separate with it", async () => {
    const stdout = await node("examples/train.mjs", join(folder, "stems"), join(folder, "run"));
    expect(numbersBehind("loss", stdout)).toHaveLength(2);
    expect(stdout).toContain("2 updates");
    expect(stdout).toContain("44100 samples of vocals");
  });

  it("draw a spectrogram", async () => {
    const picture = join(folder, "picture.png");
    await node("examples/spectrogram.mjs", picture, song, join(folder, "stems", "bass.wav"));
    const bytes = await readFile(picture);
    expect(bytes.subarray(1, 4).toString()).toBe("PNG");
    expect(bytes.readUInt32BE(16)).toBe(1000);
  });
});
