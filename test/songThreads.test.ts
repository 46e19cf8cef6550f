/** Networks of other systems in real threads, to which arrays move: the stems are those of this thread. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { loadModel } from "../src/models/index.ts";
import { type FrameEm, openUnmixEm } from "../src/phase/index.ts";
import { Separator } from "../src/separation/index.ts";
import { agreement, goldenPath } from "../src/testing/golden.ts";

const built = fileURLToPath(new URL("../dist/index.js", import.meta.url));
const { openSeparator }: typeof import("../src/index.ts") = await import(built);

const tone = (step: number) =>
  Float32Array.from({ length: 11025 }, (_, i) => 0.3 * Math.sin(step * i) + 0.1 * Math.sin(i * i));
const song = [tone(0.03), tone(0.07)] as const;

it.each<[string, FrameEm?]>([
  ["umx"],
  ["xumx"],
  // So that stems go through the second filter in several windows.
  ["slicq1", { ...openUnmixEm, window: 3 }],
])("%s", async (name, phase) => {
  const options = phase && { phase };
  const place = goldenPath(`umx_family/files/${name}`);
  expect(existsSync(place)).toBe(true);
  await using here = await Separator.create(await loadModel(place), options);
  const expected = await here.separate([...song]);
  for (const threads of [1, 2]) {
    await using there = await openSeparator({ model: place, threads, ...options });
    const stems = await there.separate([...song]);
    for (const stem of here.stems) {
      for (const c of [0, 1]) {
        const decibels = agreement(expected[stem][c], stems[stem][c]);
        console.log(`${name}, ${threads} threads, ${stem}: ${decibels.toFixed(1)} dB`);
        expect(decibels).toBeGreaterThan(120);
      }
    }
  }
});
