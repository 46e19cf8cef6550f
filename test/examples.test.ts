import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openAudio } from "../src/audio/index.ts";
import { readAll } from "../src/audio/testing/signals.ts";
import { targets } from "../src/network/index.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const run = promisify(execFile);
const node = async (script: string, ...args: readonly string[]) =>
  (await run(process.execPath, [join(root, script), ...args])).stdout;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "xumx-examples-"));
  await node("examples/makeSong.mjs", "--out", folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("the examples", () => {
  it("make a song that is the sum of its stems, exactly, with a peak of 0.8", async () => {
    const song = await readAll(await openAudio(join(folder, "song.wav")));
    const stems = await Promise.all(
      targets.map(async (target) =>
        readAll(await openAudio(join(folder, "stems", `${target}.wav`))),
      ),
    );
    for (const [c, channel] of song.entries()) {
      const sum = new Float32Array(channel.length);
      for (const stem of stems)
        stem[c].forEach((x, i) => {
          sum[i] += x;
        });
      expect(Buffer.compare(Buffer.from(sum.buffer), Buffer.from(channel.buffer))).toBe(0);
    }
    const peaks = song.map((channel) => channel.reduce((a, b) => Math.max(a, Math.abs(b)), 0));
    expect(Math.max(...peaks)).toBeCloseTo(0.8, 5);
  });

  it("separate it: every stem is better by 3 dB and more than the mixture in its place", async () => {
    const out = join(folder, "separated");
    const stdout = await node("dist/cli/main.js", "demix", join(folder, "song.wav"), "-o", out);
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
});
