/** The web app behind its view, in a real browser: Debian's Chromium, where it is installed. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { unzipSync } from "fflate";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { memoryOf } from "../bench/browserMemory.mjs";
import { bytesOf, decodeAudio, encodeSamples, readSamples } from "../src/audio/index.ts";
import { configMetadata, loadModel, type Model, modelFromPth } from "../src/models/index.ts";
import { targets } from "../src/networks/index.ts";
import { formulaXumx } from "../src/networks/umx/testing/formulaUmx.ts";
import { Separator } from "../src/separation/index.ts";
import { writeSafetensors } from "../src/tensors/index.ts";
import { agreement } from "../src/testing/golden.ts";
import { tinyModel } from "../src/testing/tinyModel.ts";
import { exportModel } from "../src/training/checkpoint/index.ts";
import { buildEnginePage } from "./browser/bundlers.ts";
import { executablePath, launch, launchWithProfile } from "./browser/chromium.ts";
import {
  chooseSongs,
  chooseWeights,
  type GivenFile,
  openEngine,
  restOf,
  songFile,
} from "./browser/engineSite.ts";
import { tinyModelBytes } from "./browser/tinyModelFile.ts";
import { RATE, tone } from "./browser/use.ts";

const all = process.env.XUMX_ALL_TESTS === "1";

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

const song = [tone(0, 2 * RATE), tone(1, 2 * RATE)];
const tinyWeights = (): GivenFile => ({
  ...{ name: "tiny.safetensors", mimeType: "application/octet-stream" },
  buffer: Buffer.from(tinyModelBytes()),
});

/** Stems as Node makes them. */
async function stemsOf(model: Model, channels: readonly Float32Array[] = song, shifts = 1) {
  await using separator = await Separator.create(model, { shifts });
  return await separator.separate(channels, { sampleRate: RATE });
}

const flat = (channels: readonly Float32Array[]) => channels.flatMap((channel) => [...channel]);

/** Exports a song. @returns the archive's name and its files */
async function exported(page: Page, item: Locator) {
  const download = page.waitForEvent("download");
  await item.getByRole("button", { name: "Export" }).click();
  const file = await download;
  return { name: file.suggestedFilename(), entries: unzipSync(readFileSync(await file.path())) };
}

/** How well the files of an archive agree with stems, the worst of them, in dB. */
async function worst(
  entries: Readonly<Record<string, Uint8Array>>,
  base: string,
  stems: Awaited<ReturnType<typeof stemsOf>>,
) {
  expect(Object.keys(entries)).toEqual(targets.map((name) => `${base} (${name}).wav`));
  const decibels = await Promise.all(
    targets.map(async (name) => {
      const source = await decodeAudio(bytesOf(entries[`${base} (${name}).wav`], name));
      const found = await readSamples(source);
      return agreement(flat(stems[name]), flat(found));
    }),
  );
  return Math.min(...decibels);
}

describe.skipIf(!executablePath)("the web app in Chromium", () => {
  it("from own weights and a song of a hostile name to a ZIP with the stems of Node: 90 dB", async () => {
    await using tab = await openEngine(browser, site);
    const { page } = tab;
    await chooseWeights(page, tinyWeights());
    const name = "<img src=x onerror=document.title='hacked'>..wav";
    const title = "<script>document.title='hacked'</script>";
    await chooseSongs(page, await songFile(name, song, RATE, { title }));
    const item = page.getByRole("listitem");
    expect(await restOf(item)).toBe("done");
    expect(await item.getByRole("heading").innerText()).toBe(name);
    expect(await item.locator("p").first().innerText()).toBe(title);
    const { name: archive, entries } = await exported(page, item);
    const base = "_img src=x onerror=document.title='hacked'_";
    expect(archive).toBe(`${base}.zip`);
    const decibels = await worst(entries, base, await stemsOf(tinyModel()));
    console.log(`own weights: ${decibels.toFixed(1)} dB`);
    expect(decibels).toBeGreaterThan(90);
    // Tags go along, with the stem after the title.
    const source = await decodeAudio(bytesOf(entries[`${base} (bass).wav`], "bass"));
    expect(source.tags.title).toBe(`${title} (bass)`);
    await source.close();
    expect(await page.title()).toBe("ready");
    // Refusals of the policy would be printed.
    expect(tab.printed).toEqual([]);
    expect(tab.foreign()).toEqual([]);
  });

  it("a song is separated again in as many passes as are set: the stems of Node's, 90 dB", async () => {
    await using tab = await openEngine(browser, site);
    const { page } = tab;
    await chooseWeights(page, tinyWeights());
    await chooseSongs(page, await songFile("song.wav", song, RATE));
    const item = page.getByRole("listitem");
    expect(await restOf(item)).toBe("done");
    await page.getByLabel("Passes").fill("2");
    await page.getByLabel("Passes").blur();
    await item.getByRole("button", { name: "Again" }).click();
    expect(await restOf(item)).toBe("done");
    const { entries } = await exported(page, item);
    const [once, twice] = await Promise.all(
      [1, 2].map(async (shifts) =>
        worst(entries, "song", await stemsOf(tinyModel(), song, shifts)),
      ),
    );
    console.log(`two passes: ${twice.toFixed(1)} dB; one: ${once.toFixed(1)} dB`);
    expect(twice).toBeGreaterThan(90);
    expect(once).toBeLessThan(60);
    expect(tab.printed).toEqual([]);
  });

  it("models that see whole songs are content with one pass, whatever is set: 90 dB", async () => {
    const model = formulaXumx({ hidden: 16 });
    const metadata = configMetadata(model.config);
    const buffer = Buffer.from(writeSafetensors(model.state, { metadata }));
    const weights = { name: "whole.safetensors", mimeType: "application/octet-stream", buffer };
    await using tab = await openEngine(browser, site);
    const { page } = tab;
    await page.getByLabel("Passes").fill("3");
    await page.getByLabel("Passes").blur();
    await chooseWeights(page, weights);
    await chooseSongs(page, await songFile("song.wav", song, RATE));
    const item = page.getByRole("listitem");
    expect(await restOf(item)).toBe("done");
    const { entries } = await exported(page, item);
    const stems = await stemsOf(model);
    const found = await Promise.all(
      Object.entries(entries).map(async ([name, bytes]) => {
        const samples = await readSamples(await decodeAudio(bytesOf(bytes, name)));
        const stem = name.slice("song (".length, -").wav".length);
        return agreement(flat(stems[stem]), flat(samples));
      }),
    );
    console.log(`a whole song: ${Math.min(...found).toFixed(1)} dB`);
    expect(found).toHaveLength(4);
    expect(Math.min(...found)).toBeGreaterThan(90);
  });

  it.runIf(all)(
    "songs are separated one after the other; one is cancelled, and separated again",
    async () => {
      await using tab = await openEngine(browser, site, false);
      const { page } = tab;
      expect(await page.evaluate(() => globalThis.crossOriginIsolated)).toBe(false);
      await chooseWeights(page, tinyWeights());
      const long = [tone(0, 20 * RATE)];
      await chooseSongs(
        page,
        await songFile("long.wav", long, RATE),
        await songFile("short.wav", song, RATE),
        {
          name: "text.wav",
          mimeType: "audio/wav",
          buffer: Buffer.from("no song at all, but text"),
        },
      );
      const [first, second, third] = [0, 1, 2].map((i) => page.getByRole("listitem").nth(i));
      await first.getByText("separating", { exact: true }).waitFor();
      await first.getByRole("button", { name: "Cancel" }).click();
      expect(await restOf(first)).toBe("cancelled");
      expect(await restOf(second)).toBe("done");
      expect(await restOf(third)).toMatch(/text\.wav is not audio\. .*Give a song as WAV/);
      await first.getByRole("button", { name: "Again" }).click();
      expect(await restOf(first)).toBe("done");
      const { entries } = await exported(page, first);
      const decibels = await worst(entries, "long", await stemsOf(tinyModel(), long));
      console.log(`not isolated, mono: ${decibels.toFixed(1)} dB`);
      expect(decibels).toBeGreaterThan(90);
      await second.getByRole("button", { name: "Remove" }).click();
      expect(await page.getByRole("listitem").count()).toBe(2);
      expect(tab.printed).toEqual([]);
    },
  );

  it.runIf(all)("the model in the box: 90 dB; and after that without any server", async () => {
    await using tab = await openEngine(browser, site);
    const { page } = tab;
    const expected = await stemsOf(await loadModel());
    const separated = async () => {
      await chooseSongs(page, await songFile("song.wav", song, RATE));
      const item = page.getByRole("listitem");
      expect(await restOf(item)).toBe("done");
      const { entries } = await exported(page, item);
      const decibels = await worst(entries, "song", expected);
      console.log(`xumx-slicq: ${decibels.toFixed(1)} dB`);
      expect(decibels).toBeGreaterThan(90);
    };
    await separated();
    await page.evaluate(() => navigator.serviceWorker.ready);
    await tab.stopServing();
    await page.reload();
    await page.waitForFunction(() => document.title === "ready");
    expect(await page.evaluate(() => globalThis.crossOriginIsolated)).toBe(true);
    await page.evaluate(() => Object.assign(globalThis, { showSaveFilePicker: undefined }));
    await separated();
    expect(tab.foreign()).toEqual([]);
    // What is kept of the model is kept once.
    const kept = await page.evaluate(async () => {
      const names = await caches.keys();
      const keys = await Promise.all(
        names.map(async (name) => (await (await caches.open(name)).keys()).map(({ url }) => url)),
      );
      return keys.flat().filter((url) => /bundled%3A|model\.safetensors/.test(url)).length;
    });
    expect(kept).toBe(1);
  });

  it.runIf(all)("weights of the original, .pth and .json, are as good", async () => {
    const out = join(site, "original.pth");
    const written = await exportModel(tinyModel(), { format: "pth", out });
    const [pth, json] = written.map(
      (path): GivenFile => ({
        ...{ name: basename(path), mimeType: "application/octet-stream" },
        buffer: readFileSync(path),
      }),
    );
    await using tab = await openEngine(browser, site);
    await chooseWeights(tab.page, pth, json);
    await chooseSongs(tab.page, await songFile("song.wav", song, RATE));
    const item = tab.page.getByRole("listitem");
    expect(await restOf(item)).toBe("done");
    const { entries } = await exported(tab.page, item);
    const model = modelFromPth(pth.buffer, json.buffer, "original");
    const decibels = await worst(entries, "song", await stemsOf(model));
    console.log(`.pth: ${decibels.toFixed(1)} dB`);
    expect(decibels).toBeGreaterThan(90);
  });

  it.runIf(all)(
    "what the library has no decoder for in browsers, these decode: MP3, Opus",
    async () => {
      await using tab = await openEngine(browser, site);
      await chooseWeights(tab.page, tinyWeights());
      const formats = [
        { container: "mp3", bitrate: 192 },
        { container: "opus", bitrate: 128 },
      ] as const;
      const files = formats.map(async (format): Promise<GivenFile> => {
        const bytes = await encodeSamples(song, RATE, format, { tags: { title: "Två" } });
        const name = `song.${format.container}`;
        return { name, mimeType: "audio/*", buffer: Buffer.from(bytes) };
      });
      await chooseSongs(tab.page, ...(await Promise.all(files)));
      for (const [i, { container }] of formats.entries()) {
        const item = tab.page.getByRole("listitem").nth(i);
        expect(await restOf(item), container).toBe("done");
        expect(await item.locator("p").first().innerText()).toBe("Två");
        const { entries } = await exported(tab.page, item);
        const bass = await decodeAudio(bytesOf(entries["song (bass).wav"], "bass"));
        // MP3 has an encoder's and a decoder's delay in it, which browsers leave there.
        expect(Math.abs((bass.format.frames ?? 0) - 2 * RATE), container).toBeLessThan(4000);
        await bass.close();
      }
      expect(tab.printed).toEqual([]);
      expect(tab.foreign()).toEqual([]);
    },
  );

  it.runIf(all)(
    "a song of ten minutes: all processes of the browser stay within 1.5 GB",
    async () => {
      const path = join(site, "long.wav");
      const second = [tone(0, 44100), tone(1, 44100)];
      const format = { container: "wav", encoding: "int16" } as const;
      const minutes = second.map((channel) => {
        const out = new Float32Array(600 * 44100);
        for (let at = 0; at < out.length; at += channel.length) out.set(channel, at);
        return out;
      });
      writeFileSync(path, await encodeSamples(minutes, 44100, format));
      await browser.close();
      await using alone = await launchWithProfile(join(site, "profile"));
      await using tab = await openEngine(alone, site);
      let most = 0;
      const watch = setInterval(() => {
        most = Math.max(most, memoryOf(process.pid));
      }, 2000);
      await tab.page.getByLabel("Choose songs").setInputFiles(path);
      expect(await restOf(tab.page.getByRole("listitem"), 600_000)).toBe("done");
      clearInterval(watch);
      console.log(`ten minutes: ${(most / 2 ** 20).toFixed(0)} MB`);
      expect(most).toBeGreaterThan(0);
      expect(most).toBeLessThan(1.5e9);
      expect(tab.printed).toEqual([]);
    },
    600_000,
  );
});
