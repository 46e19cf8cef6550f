/** Live separation in a real browser: Debian's Chromium, where it is installed. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { targets } from "../src/networks/index.ts";
import { Separator } from "../src/separation/index.ts";
import { agreement } from "../src/testing/golden.ts";
import { tinyModel } from "../src/testing/tinyModel.ts";
import { project, withEsbuild } from "./browser/bundlers.ts";
import { executablePath, launch, opened } from "./browser/chromium.ts";
import { serve } from "./browser/serve.ts";
import { tinyModelFolder } from "./browser/tinyModelFile.ts";
import { type LiveReport, RATE, tone, unpacked } from "./browser/use.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const options = { model: "/tiny/model.safetensors", assets: "/sq" };
/** Samples of the tiny transform and network at 48 kHz, with what resampling adds. */
const LATENCY = 4321;

let browser: Browser;
let folder = "";
let folders: Readonly<Record<string, string>> = {};
/** Stems of two seconds, target-major. */
let expected: readonly Float32Array[];
beforeAll(async () => {
  if (!executablePath) return;
  folder = project();
  folders = {
    "/": await withEsbuild(folder),
    "/tiny/": tinyModelFolder(folder),
    "/sq/": join(root, "dist/browser/assets"),
  };
  browser = await launch("--autoplay-policy=no-user-gesture-required");
  await using separator = await Separator.create(tinyModel());
  const song = [tone(0, 2 * RATE), tone(1, 2 * RATE)];
  const stems = await separator.separate(song, { sampleRate: RATE });
  expected = targets.flatMap((target) => stems[target]);
});
afterAll(async () => {
  await browser?.close();
  if (folder !== "") rmSync(folder, { recursive: true, force: true });
});

/** How well what a node gave agrees with the stems, that much later, and with their mix; before, all must be silence. */
function agreements({ latency, rows }: LiveReport, gains: readonly number[]) {
  const given = rows.map(unpacked);
  for (const row of given) expect(row.subarray(0, latency).some((v) => v !== 0)).toBe(false);
  const late = given.map((row) => [...row.subarray(latency)]);
  const stems = expected.map((row) => [...row.subarray(0, late[0].length)]);
  const mix = [0, 1].map((c) =>
    stems[c].map((_, i) => gains.reduce((sum, gain, j) => sum + gain * stems[2 * j + c][i], 0)),
  );
  return {
    stems: agreement(stems.flat(), late.slice(2).flat()),
    mix: agreement(mix.flat(), late.slice(0, 2).flat()),
  };
}

describe.skipIf(!executablePath)("live in Chromium", () => {
  it("blocks pass through a worker, in time and with the refusals of Node", async () => {
    await using site = await serve(folders, false);
    await using tab = await opened(browser, site.origin);
    const report = await tab.page.evaluate(
      ([options, rate]) => globalThis.use.live(options, rate),
      [options, RATE] as const,
    );
    expect(report).toMatchObject({
      ...{ latency: LATENCY, latencySeconds: LATENCY / RATE, status: { samples: RATE } },
      overrun: { ours: true, name: "LiveError", code: "overrun" },
      closed: { ours: true, name: "ClosedError", code: "closed" },
    });
    expect(report.bass[0]).toHaveLength(RATE + LATENCY);
    // Where the signal ends, a longer one has more to come.
    const known = RATE - LATENCY;
    const found = report.bass.flatMap((row) => row.slice(LATENCY, LATENCY + known));
    const bass = expected.slice(0, 2).flatMap((row) => [...row.subarray(0, known)]);
    const db = agreement(bass, found);
    console.log(`a worker: ${db.toFixed(1)} dB`);
    expect(db).toBeGreaterThan(90);
    expect(tab.printed).toEqual([]);
  });

  it.each([
    [true, "shared memory"],
    [false, "messages"],
  ])(
    "two nodes side by side, isolated: %s, are exactly as late as they say: 90 dB",
    async (isolated, link) => {
      await using site = await serve(folders, isolated);
      await using tab = await opened(browser, site.origin);
      const { nodes, closed } = await tab.page.evaluate(
        ([options, rate]) => globalThis.use.nodes(options, rate),
        [options, RATE] as const,
      );
      const buffering = 128 * Math.ceil((0.1 * RATE) / 128);
      for (const [i, node] of nodes.entries()) {
        expect(node).toMatchObject({
          ...{ link, buffering, modelLatency: LATENCY, latency: LATENCY + buffering },
          latencySeconds: (LATENCY + buffering) / RATE,
          status: { lost: 0, underruns: 0, silent: 0 },
        });
        const { stems, mix } = agreements(node, i === 0 ? [1, 1, 1, 1] : [1, 0, 1, 1.5]);
        console.log(`${link}: stems ${stems.toFixed(1)} dB, mix ${mix.toFixed(1)} dB`);
        expect(stems).toBeGreaterThan(90);
        expect(mix).toBeGreaterThan(90);
      }
      // A graph that has ended closes its nodes.
      expect(closed).toMatchObject({ ours: true, name: "ClosedError" });
      expect(tab.printed).toEqual([]);
    },
  );
});
