/** The web app's view in a real browser: Debian's Chromium, where it is installed. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bytesOf, decodeAudio, encodeSamples, readSamples } from "../src/audio/index.ts";
import { agreement } from "../src/testing/golden.ts";
import { buildViewPage } from "./browser/bundlers.ts";
import { executablePath, launch } from "./browser/chromium.ts";
import { type Site, serve } from "./browser/serve.ts";
import { tone } from "./browser/use.ts";

const all = process.env.XUMX_ALL_TESTS === "1";
const RATE = 44100;
const root = fileURLToPath(new URL("..", import.meta.url));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let browser: Browser;
let site: Site;
let folder = "";
beforeAll(async () => {
  if (!executablePath) return;
  folder = mkdtempSync(join(tmpdir(), "xumx-view-"));
  await buildViewPage(folder);
  site = await serveView(true);
  browser = await launch(
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
  );
});
afterAll(async () => {
  await browser?.close();
  await site?.[Symbol.asyncDispose]();
  if (folder !== "") rmSync(folder, { recursive: true, force: true });
});

function serveView(isolated: boolean): Promise<Site> {
  const engine = join(root, "dist/browser/assets");
  const models = join(root, "models");
  return serve({ "/": folder, "/engine/models/": models, "/engine/": engine }, isolated);
}

const wide = { viewport: { width: 1280, height: 800 } };
const phone = { viewport: { width: 360, height: 740 }, hasTouch: true };

/** The page in a state; what it should not do is kept. */
async function opened(show: string, look: BrowserContextOptions = wide, place = site) {
  const context = await browser.newContext({ ...look, acceptDownloads: true });
  const page = await context.newPage();
  const wrong: string[] = [];
  page.on("console", (message) => wrong.push(message.text()));
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("request", (request) => {
    if (!/^(blob:|data:)?/.exec(request.url())?.[0] && !request.url().startsWith(place.origin)) {
      wrong.push(request.url());
    }
  });
  await page.goto(`${place.origin}/?show=${show}`);
  await page.waitForFunction(() => document.title === "ready", undefined, { timeout: 60_000 });
  return { page, wrong, [Symbol.asyncDispose]: () => context.close() };
}

interface Finding {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly target: readonly string[] }[];
}

/** What axe finds of some weight or more. */
async function findings(page: Page, impacts: RegExp): Promise<readonly string[]> {
  await page.evaluate(axe);
  const found = await page.evaluate<readonly Finding[]>(
    "axe.run().then(({ violations }) => violations)",
  );
  return found
    .filter(({ impact }) => impacts.test(impact))
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
}

/** States of the page, and the dialogs that are opened in them. */
const states = {
  empty: [],
  queue: [],
  song: ["Export…", "Settings", "Keyboard shortcuts", /^Model: /],
  error: [],
  live: [],
} as const;
const looks = { wide, phone } as const;

describe.skipIf(!executablePath)("the web app's view in Chromium", () => {
  const every = (["empty", "queue", "song", "error", "live"] as const).flatMap((show) =>
    (["light", "dark"] as const).flatMap((colorScheme) =>
      (["wide", "phone"] as const).map((look) => [show, colorScheme, look] as const),
    ),
  );
  // One look of each state, in turn: all states, both themes, both widths.
  const some = every.filter((_, i) => i % 4 === Math.floor(i / 4) % 4);

  it.each(all ? every : some)(
    "%s, %s, %s: nothing that axe or the width finds",
    async (...[show, colorScheme, look]) => {
      await using tab = await opened(show, { ...looks[look], colorScheme });
      const { page, wrong } = tab;
      const check = async () => {
        expect(await findings(page, /serious|critical|moderate/)).toEqual([]);
        const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(over).toBeLessThanOrEqual(0);
      };
      await page.getByRole("heading").first().waitFor();
      await check();
      for (const name of states[show]) {
        await page.getByRole("button", { name }).click();
        await page.getByRole("dialog").waitFor();
        await check();
        await page.keyboard.press("Escape");
        await page.getByRole("dialog").waitFor({ state: "detached" });
      }
      expect(wrong).toEqual([]);
    },
  );

  it("by keyboard alone: a song is chosen, played, muted, compared, looped and exported", async () => {
    await using tab = await opened("empty");
    const { page, wrong } = tab;
    const press = (...keys: readonly string[]) =>
      keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
    /** Goes on with Tab until what is in focus is called so. */
    const tabTo = async (name: string) => {
      for (let i = 0; i < 60; i++) {
        const focused = await page.evaluate(() => {
          const element = document.activeElement;
          return element?.getAttribute("aria-label") ?? element?.textContent?.trim();
        });
        if (focused === name) return;
        await press("Tab");
      }
      throw new Error(`Tab does not reach ${name}.`);
    };
    const chooser = page.waitForEvent("filechooser");
    await tabTo("Choose files…");
    await press("Enter");
    await (await chooser).setFiles({
      name: "a.wav",
      mimeType: "audio/wav",
      buffer: Buffer.from("RIFF"),
    });
    await page.evaluate("workspace.services.queue.songs.value[0].separate(20, 1)");
    await tabTo("Play");
    await press("Space");
    await page.getByRole("button", { name: "Pause" }).waitFor();
    await page.waitForFunction(
      () => Object(globalThis).workspace.open.value.player.position.value > 20000,
    );
    await press("ArrowDown", "m");
    const mute = page.getByRole("button", { name: "Mute Vocals" });
    expect(await mute.getAttribute("aria-pressed")).toBe("true");
    await press("ArrowDown", "s", "s", "o");
    expect(await page.getByRole("radio", { name: "Original" }).isChecked()).toBe(true);
    await press("o", "[", "l", "k");
    await page.getByRole("button", { name: "Play", exact: true }).waitFor();
    expect(await page.evaluate("workspace.open.value.player.looping.value")).toBe(false);
    await press("e");
    const dialog = page.getByRole("dialog");
    await dialog.waitFor();
    expect(await page.getByRole("radio", { name: /^Mix as set/ }).isChecked()).toBe(true);
    await tabTo("Export");
    await press("Enter");
    await dialog.getByText("Written: song (mix).flac").waitFor();
    await press("Escape");
    await dialog.waitFor({ state: "detached" });
    const [{ what }] = await page.evaluate<{ what: { gains: Record<string, { gain: number }> } }[]>(
      "requests.map(({ what, format }) => ({ what, format }))",
    );
    expect(what.gains.vocals.gain).toBe(0);
    expect(what.gains.drums.gain).toBe(1);
    expect(wrong).toEqual([]);
  });

  it("all lanes sound in step: after every jump the sum of the stems, to the last bit but one", async () => {
    await using tab = await opened("song");
    const check = await tab.page.evaluate<{ worst: number; late: number[] }>(
      "checkSound([0, 734567, 98765, 44100 * 20 + 1])",
    );
    console.log(`worst difference ${check.worst}, frames until the song is heard: ${check.late}`);
    expect(check.worst).toBeLessThan(2e-7);
    for (const late of check.late) expect(late).toBeLessThan(4 * 128);
    expect(tab.wrong).toEqual([]);
  });

  it.each(all ? [true, false] : [false])(
    "live: a microphone is separated (isolated: %s)",
    async (isolated) => {
      await using place = await serveView(isolated);
      await using tab = await opened("live", wide, place);
      const { page, wrong } = tab;
      await page.getByRole("button", { name: /Use a microphone/ }).click();
      await page
        .getByText(/^\d+ ms model, \d+ ms buffer, \d+ ms browser$/)
        .waitFor({ timeout: 30_000 });
      await page.getByText(isolated ? /shared memory/ : /messages/).waitFor();
      await page.getByText(/% of a core/).waitFor();
      // The fake microphone beeps: some stem is heard.
      await page.waitForFunction(
        () =>
          [...document.querySelectorAll<HTMLElement>(".strip .meter > div")].some(
            ({ style }) => Number(style.getPropertyValue("--level")) > 0,
          ),
        undefined,
        { timeout: 20_000 },
      );
      await page.getByRole("slider", { name: "Volume of Vocals" }).fill("0");
      await page.getByText("−∞").waitFor();
      await page.getByRole("button", { name: "Stop" }).click();
      await page.getByRole("button", { name: /Use a microphone/ }).waitFor();
      expect(wrong).toEqual([]);
    },
  );

  it("live: what the browser refuses is said, with what to do", async () => {
    await using tab = await opened("live");
    const { page } = tab;
    for (const [name, said] of [
      ["NotAllowedError", "Allow the microphone for this page"],
      ["NotFoundError", "No microphone was found."],
    ]) {
      await page.evaluate((error) => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", error));
      }, name);
      await page.getByRole("button", { name: /Use a microphone/ }).click();
      await page.getByRole("alert").getByText(said).waitFor();
    }
    expect(await findings(page, /serious|critical/)).toEqual([]);
  });

  it("names of files and tags are text, whatever they hold", async () => {
    await using tab = await opened("empty");
    const { page, wrong } = tab;
    const name = '<img src=x onerror="document.title=1">.mp3';
    await page.evaluate((text) => {
      Object(globalThis).workspace.services.queue.put(text).separate(2, 1, text);
    }, name);
    await page.getByRole("heading", { name: "<img src=x" }).waitFor();
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.title()).toBe("ready");
    expect(wrong).toEqual([]);
  });

  it.runIf(all)(
    "the whole app: a song is chosen, separated, played, and exported without its vocals",
    async () => {
      const song = [tone(0, 4 * RATE), tone(1, 4 * RATE)];
      const wav = await encodeSamples(song, RATE, { container: "wav", encoding: "float32" });
      // Here alone: loading the separator takes its time.
      const { loadModel } = await import("../src/models/index.ts");
      const { Separator } = await import("../src/separation/index.ts");
      await using separator = await Separator.create(await loadModel());
      const stems = await separator.separate(song);
      const { drums, bass, other } = stems;
      const expected = drums.flatMap((channel, c) =>
        [...channel].map((v, i) => v + bass[c][i] + other[c][i]),
      );
      const engine = join(root, "dist/browser/assets");
      const places = {
        "/": join(root, "dist/app"),
        "/engine/models/": join(root, "models"),
        "/engine/": engine,
      };
      await using place = await serve(places, true);
      const context = await browser.newContext(wide);
      const page = await context.newPage();
      const wrong: string[] = [];
      page.on("console", (message) => wrong.push(message.text()));
      page.on("request", (request) => {
        if (!/^(blob:)?http:\/\/127\./.test(request.url())) wrong.push(request.url());
      });
      await page.addInitScript(() => Object.assign(globalThis, { showSaveFilePicker: undefined }));
      await page.goto(place.origin);
      const chooser = page.waitForEvent("filechooser");
      await page.getByRole("button", { name: "Choose files…" }).click();
      await (await chooser).setFiles({
        name: "a song.wav",
        mimeType: "audio/wav",
        buffer: Buffer.from(wav),
      });
      await page.getByRole("button", { name: "Export…" }).waitFor({ timeout: 100_000 });
      await page.getByRole("button", { name: "Play", exact: true }).click();
      await page
        .locator(".time")
        .filter({ hasText: /^0:0[1-4]/ })
        .first()
        .waitFor();
      await page.getByRole("button", { name: "Mute Vocals" }).click();
      await page.getByRole("radio", { name: "Spectrogram" }).check();
      await page.getByRole("button", { name: "Export…" }).click();
      await page.getByLabel("Format").selectOption("wav-float");
      const download = page.waitForEvent("download");
      await page.getByRole("button", { name: "Export", exact: true }).click();
      const file = await download;
      expect(file.suggestedFilename()).toBe("a song (mix).wav");
      const source = await decodeAudio(bytesOf(readFileSync(await file.path()), "mix"));
      const db = agreement(
        expected,
        (await readSamples(source)).flatMap((channel) => [...channel]),
      );
      console.log(`the mix without vocals: ${db.toFixed(1)} dB`);
      expect(db).toBeGreaterThan(90);
      await page.getByText(/^Written: a song/).waitFor();
      expect(wrong).toEqual([]);
      await context.close();
    },
  );
});
