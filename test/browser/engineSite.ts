/** The web app without its view, served and open in a browser. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { encodeSamples } from "../../src/audio/index.ts";
import type { AudioTags } from "../../src/audio/tags.ts";
import { opened } from "./chromium.ts";
import { serve } from "./serve.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What lies where, as in the package. */
export function engineFolders(site: string): Readonly<Record<string, string>> {
  return {
    "/": site,
    "/engine/models/": join(root, "models"),
    "/engine/": join(root, "dist/browser/assets"),
  };
}

/** A file as pages are given it. */
export interface GivenFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

/** A song in a file of float32 samples. */
export async function songFile(
  name: string,
  channels: readonly Float32Array[],
  sampleRate: number,
  tags: AudioTags = {},
): Promise<GivenFile> {
  const format = { container: "wav", encoding: "float32" } as const;
  const bytes = await encodeSamples(channels, sampleRate, format, { tags });
  return { name, mimeType: "audio/wav", buffer: Buffer.from(bytes) };
}

/** The page, which downloads what it exports: browsers without windows have no pickers to click at. */
export async function openEngine(browser: Browser | BrowserContext, site: string, isolated = true) {
  const served = await serve(engineFolders(site), isolated);
  const tab = await opened(browser, served.origin);
  await tab.page.evaluate(() => Object.assign(globalThis, { showSaveFilePicker: undefined }));
  return {
    ...tab,
    origin: served.origin,
    /** Requests to other sites than its own. */
    foreign: () => tab.requests.filter((url) => !new URL(url).origin.startsWith(served.origin)),
    stopServing: () => served[Symbol.asyncDispose](),
    async [Symbol.asyncDispose]() {
      await tab[Symbol.asyncDispose]();
      await served[Symbol.asyncDispose]();
    },
  };
}

export async function chooseSongs(page: Page, ...files: readonly GivenFile[]) {
  await page.getByLabel("Choose songs").setInputFiles([...files]);
}

/** Weights of the user's own: those that songs are separated with from then on. */
export async function chooseWeights(page: Page, ...files: readonly GivenFile[]) {
  await page.getByLabel("Own weights").setInputFiles([...files]);
  await page
    .getByRole("status")
    .filter({ hasText: /^Chosen/ })
    .waitFor();
}

/** What a song says when no work on it is left. */
export async function restOf(item: Locator, timeout = 60_000): Promise<string> {
  const state = item.locator(".state");
  const busy = /^(waiting|decoding|separating)$/;
  await state.filter({ hasNotText: busy }).waitFor({ timeout });
  return state.innerText();
}
