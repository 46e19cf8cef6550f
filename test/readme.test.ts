/**
 * The README cannot lie: each of its `js` blocks runs, on its own, as a program.
 *
 * It finds a folder with `song.wav`, `song.flac` and `album/*.flac`, a second of music each, and these globals, which
 * it may shadow: `left` and `right`, a second of music at 44.1 kHz; `channels`, both; `blocks`, both as an async
 * iterable of stereo blocks; `reference` and `estimate`, two pairs of channels; `signal`, an AbortSignal.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createAudioWriter, floatWav } from "../src/audio/index.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const blocks = [...readme.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code], i) => ({
  code,
  // Of the line that the block begins with, and its number.
  title: `${i + 1}: ${code.split("\n", 1)[0]}`,
}));

const prelude = `
const channel = (side) =>
  Float32Array.from({ length: 44100 }, (_, i) => 0.2 * Math.sin(i / 40) + 0.1 * Math.sin(i / (9 + side)));
globalThis.left = channel(0);
globalThis.right = channel(1);
globalThis.channels = [left, right];
globalThis.blocks = (async function* () {
  for (let at = 0; at < left.length; at += 10000) {
    yield channels.map((samples) => samples.subarray(at, at + 10000));
  }
})();
globalThis.reference = channels;
globalThis.estimate = channels.map((samples) => samples.map((x) => 0.9 * x));
globalThis.signal = new AbortController().signal;
`;

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "xumx-readme-"));
  await mkdir(join(folder, "node_modules"));
  await symlink(root, join(folder, "node_modules", "xumx-slicq"), "junction");
  await writeFile(join(folder, "prelude.mjs"), prelude);
  const tone = Float32Array.from({ length: 44100 }, (_, i) => 0.2 * Math.sin(i / 40));
  const flac = { container: "flac", encoding: "int16" } as const;
  for (const [path, format] of [
    ["song.wav", floatWav],
    ["song.flac", flac],
    ["album/1.flac", flac],
    ["album/2.flac", flac],
  ] as const) {
    const shape = { sampleRate: 44100, channels: 2 };
    const writer = await createAudioWriter(join(folder, path), shape, format);
    await writer.write([tone, tone]);
    await writer.close();
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("the README shows the library at work", () => {
  expect(blocks.length).toBeGreaterThan(0);
});

it.each(blocks)("$title", async ({ code }) => {
  const program = join(folder, "program.mjs");
  await writeFile(program, code);
  await promisify(execFile)(process.execPath, ["--import", "./prelude.mjs", program], {
    cwd: folder,
    timeout: 100_000,
  });
});
