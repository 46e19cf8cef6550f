/** The web app behind its view, in a real browser: Debian's Chromium, where it is installed. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { unzipSync } from "fflate";
import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bytesOf, decodeAudio, encodeSamples, readSamples } from "../src/audio/index.ts";
import { loadModel } from "../src/models/index.ts";
import { targets } from "../src/networks/index.ts";
import { Separator } from "../src/separation/index.ts";
import { agreement } from "../src/testing/golden.ts";
import { buildEnginePage } from "./browser/bundlers.ts";
import { executablePath, launch, opened } from "./browser/chromium.ts";
import { serve } from "./browser/serve.ts";
import { tone } from "./browser/use.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const RATE = 44100;

let browser: Browser;
let site = "";
beforeAll(async () => {
  if (!executablePath) return;
  site = mkdtempSync(join(tmpdir(), "xumx-web-"));
  await buildEnginePage(site);
  browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  if (site !== "") rmSync(site, { recursive: true, force: true });
});

const folders = () => ({
  "/": site,
  "/engine/models/": join(root, "models"),
  "/engine/": join(root, "dist/browser/assets"),
});

/** The state of a song when no work on it is left. */
async function restOf(item: Locator): Promise<string> {
  const state = item.locator(".state");
  const busy = /^(waiting|decoding|separating)$/;
  await state.filter({ hasNotText: busy }).waitFor({ timeout: 60_000 });
  return state.innerText();
}

describe.skipIf(!executablePath)("the web app in Chromium", () => {
  it("from a file to a ZIP with the stems of Node: 90 dB", async () => {
    const song = [tone(0, 3 * RATE), tone(1, 3 * RATE)];
    const wav = await encodeSamples(song, RATE, { container: "wav", encoding: "float32" });
    await using separator = await Separator.create(await loadModel());
    const expected = await separator.separate(song);
    await using served = await serve(folders(), true);
    await using tab = await opened(browser, served.origin);
    const { page } = tab;
    await page.evaluate(() => Object.assign(globalThis, { showSaveFilePicker: undefined }));
    await page.getByLabel("Choose songs").setInputFiles({
      ...{ name: "a song.wav", mimeType: "audio/wav", buffer: Buffer.from(wav) },
    });
    const item = page.getByRole("listitem");
    expect(await restOf(item)).toBe("done");
    const download = page.waitForEvent("download");
    await item.getByRole("button", { name: "Export" }).click();
    const file = await download;
    expect(file.suggestedFilename()).toBe("a song.zip");
    const entries = unzipSync(readFileSync(await file.path()));
    expect(Object.keys(entries)).toEqual(targets.map((name) => `a song (${name}).wav`));
    for (const name of targets) {
      const source = await decodeAudio(bytesOf(entries[`a song (${name}).wav`], name));
      const found = await readSamples(source);
      const db = agreement(
        expected[name].flatMap((c) => [...c]),
        found.flatMap((c) => [...c]),
      );
      console.log(`${name}: ${db.toFixed(1)} dB`);
      expect(db).toBeGreaterThan(90);
    }
    expect(tab.printed).toEqual([]);
    expect(tab.requests.filter((url) => !/^(blob:)?http:\/\/127/.test(url))).toEqual([]);
  });
});
