import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import type { Part, Stereo } from "../../datasets/index.ts";
import { agreement } from "../../testing/golden.ts";
import { openCachedSong, readExcerpt, writeCachedSong } from "./cachedSong.ts";
import { Random } from "./random.ts";

const root = mkdtempSync(join(tmpdir(), "xumx-cache-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const random = Random.of(1);
/** Samples of a 16-bit file. */
const coarse = (range: number): Stereo => {
  const channel = () =>
    Float32Array.from({ length: 500 }, () => (random.integer(2 * range) - range) / 32768);
  return [channel(), channel()];
};
const fine = (peak: number): Stereo => {
  const channel = () => Float32Array.from({ length: 500 }, () => random.uniform(-peak, peak));
  return [channel(), channel()];
};

it("16-bit songs come back bit for bit, loud and quiet ones, and excerpts of them", async () => {
  const stems: [Part, Stereo][] = [
    ["bass", coarse(32768)],
    ["vocals", coarse(200)],
    ["drums", [Float32Array.of(-1, ...new Array(499).fill(0)), new Float32Array(500)]],
    ["other", [new Float32Array(500), new Float32Array(500)]],
  ];
  const path = join(root, "a", "song.stems");
  const written = await writeCachedSong(path, new Map(stems));
  const song = await openCachedSong(path);
  expect(song).toEqual(written);
  for (const [part, [left, right]] of stems) {
    expect(readExcerpt(song!, part, 0, 500)).toEqual([left, right]);
    expect(readExcerpt(song!, part, 123, 77)).toEqual([
      left.subarray(123, 200),
      right.subarray(123, 200),
    ]);
  }
  // Silence takes no room.
  expect(readFileSync(path).length).toBeLessThan(3 * 2000 + 400);
});

it("other songs come back within half a step, beyond ±1 too", async () => {
  for (const peak of [3, 0.9, 1e-3]) {
    const stems = fine(peak);
    const song = await writeCachedSong(join(root, "fine.stems"), new Map([["bass", stems]]));
    const [left] = readExcerpt(song, "bass", 0, 500);
    const largest = left.reduce((most, x, i) => Math.max(most, Math.abs(x - stems[0][i])), 0);
    expect(largest).toBeLessThanOrEqual(song.parts[0].step / 2);
    console.log(`peak ${peak}: ${agreement(stems[0], left).toFixed(1)} dB`);
    expect(agreement(stems[0], left)).toBeGreaterThan(88);
  }
});

it("outside of the song, and for parts it lacks, there is silence", async () => {
  const stems = coarse(1000);
  const song = await writeCachedSong(join(root, "out.stems"), new Map([["bass", stems]]));
  const [left] = readExcerpt(song, "bass", -10, 520);
  expect(left.subarray(10, 510)).toEqual(stems[0]);
  expect([...left.subarray(0, 10), ...left.subarray(510)].every((x) => x === 0)).toBe(true);
  expect(readExcerpt(song, "bass", 900, 5)[0]).toEqual(new Float32Array(5));
  expect(readExcerpt(song, "drums", 0, 5)[1]).toEqual(new Float32Array(5));
});

it("a file that is missing, foreign, cut short or of another version is not opened", async () => {
  const path = join(root, "broken.stems");
  expect(await openCachedSong(path)).toBeUndefined();
  writeFileSync(path, "something else");
  expect(await openCachedSong(path)).toBeUndefined();
  await writeCachedSong(path, new Map([["bass", coarse(5)]]));
  const bytes = readFileSync(path);
  bytes.writeUInt32LE(999, 8);
  writeFileSync(path, bytes);
  expect(await openCachedSong(path)).toBeUndefined();
  const song = await writeCachedSong(path, new Map([["bass", coarse(5)]]));
  truncateSync(path, 300);
  expect(await openCachedSong(path)).toBeUndefined();
  expect(() => readExcerpt(song, "bass", 0, 400)).toThrow(/can no longer be read/);
});

it("what cannot be written leaves nothing behind", async () => {
  writeFileSync(join(root, "file"), "");
  const path = join(root, "file", "song.stems");
  await expect(writeCachedSong(path, new Map([["bass", coarse(5)]]))).rejects.toMatchObject({
    code: "unwritable",
  });
  expect(existsSync(path)).toBe(false);
});
