/** The package in a real browser: Debian's Chromium, where it is installed. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadModel } from "../src/models/index.ts";
import { Separator } from "../src/separation/index.ts";
import { agreement } from "../src/testing/golden.ts";
import { tinyModel } from "../src/testing/tinyModel.ts";
import { type Bundler, project, withEsbuild, withRollup, withVite } from "./browser/bundlers.ts";
import { executablePath, launch, opened } from "./browser/chromium.ts";
import { serve } from "./browser/serve.ts";
import { tinyModelFolder } from "./browser/tinyModelFile.ts";
import { type PageOptions, RATE, tone } from "./browser/use.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const all = process.env.XUMX_ALL_TESTS === "1";
if (!executablePath) console.log("There is no Chromium here: nothing is tested in a browser.");

let browser: Browser;
let expected: readonly Float32Array[];
beforeAll(async () => {
  if (!executablePath) return;
  browser = await launch();
  await using separator = await Separator.create(await loadModel());
  const { bass } = await separator.separate([tone(0, 2 * RATE), tone(1, 2 * RATE)], {
    sampleRate: RATE,
  });
  expected = bass;
});
afterAll(() => browser?.close());

/** Builds the program, serves it, and looks whether it separates as the same library does in Node. */
async function separatesWith(bundler: Bundler, options: PageOptions, isolated: boolean) {
  const folder = project();
  try {
    const out = await bundler(folder);
    const assets = join(root, "dist/browser/assets");
    const folders = { "/": out, "/sq/models/": join(root, "models"), "/sq/": assets };
    await using site = await serve(folders, isolated);
    await using tab = await opened(browser, site.origin);
    const report = await tab.page.evaluate(
      ([options, rate]) => globalThis.use.separate(options, rate),
      [options, RATE] as const,
    );
    const db = agreement(
      expected.flatMap((c) => [...c]),
      report.bass.flat(),
    );
    const { origin } = site;
    const foreign = tab.requests.filter((url) => !url.startsWith(origin));
    const fetched = tab.requests.filter(
      (url) => /\.(js|wasm)$/.test(url) && !/\/(app|index.*)\.js$/.test(url),
    );
    const names = new Set(fetched.map((url) => url.slice(url.lastIndexOf("/") + 1)));
    return { ...report, db, foreign, names: [...names].sort(), printed: tab.printed };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe.skipIf(!executablePath)("in Chromium", () => {
  it("a page separates as Node does, and stays alive; it asks no other site", async () => {
    const report = await separatesWith(withEsbuild, { assets: "/sq" }, false);
    console.log(
      `${report.seconds.toFixed(1)} s for 2 s; ${report.db.toFixed(1)} dB; ${report.ticks} ticks`,
    );
    expect(report).toMatchObject({
      ...{ modelName: "xumx-slicq", runtime: "wasm", isolated: false },
      closed: { ours: true, name: "ClosedError", code: "closed" },
      ...{ foreign: [], printed: [] },
      // Nothing of the GPU's, and nothing of live sound.
      names: ["ort-wasm-simd-threaded.wasm", "worker.js"],
    });
    expect(report.db).toBeGreaterThan(90);
    expect(report.bass.map((channel) => channel.length)).toEqual([2 * RATE, 2 * RATE]);
    expect(report.progress.at(-1)).toBe(1);
    // Timers of the page go on while it works.
    expect(report.ticks).toBeGreaterThan(3);
  });

  it("work can be aborted; errors keep their names and say what to do next", async () => {
    const folder = project();
    try {
      const out = await withEsbuild(folder);
      const assets = join(root, "dist/browser/assets");
      const folders = { "/": out, "/sq/models/": join(root, "models"), "/sq/": assets };
      await using site = await serve(folders, false);
      await using tab = await opened(browser, site.origin);
      const quick = { model: "xumx-slicq-realtime", assets: "/sq", threads: 1 };
      const { aborted, seconds, length } = await tab.page.evaluate(
        (options) => globalThis.use.abort(options),
        quick,
      );
      expect(aborted).toMatchObject({ ours: true, name: "AbortError", code: "aborted" });
      console.log(`abort after 0.1 s: settled after ${seconds.toFixed(2)} s`);
      expect(length).toEqual([4410]);
      const refused = await tab.page.evaluate((o) => globalThis.use.refusal(o), quick);
      expect(refused).toMatchObject({ ours: true, name: "ArgumentError" });
      expect(refused.message).toMatch(/^audio must be .*"song\.wav"/);
      const failure = (options: PageOptions) =>
        tab.page.evaluate((o) => globalThis.use.failure(o), options);
      expect(await failure({ model: "v2", assets: "/sq" })).toMatchObject({
        ...{ name: "WeightsError", code: "weights-missing" },
        hint: expect.stringContaining("xumx-slicq-realtime"),
      });
      expect(await failure({ assets: "/nowhere" })).toMatchObject({
        ...{ ours: true, name: "RuntimeError", code: "runtime-unavailable" },
        hint: expect.stringContaining("assets"),
      });
      expect(await failure({ model: "/nowhere/m.safetensors", assets: "/sq" })).toMatchObject({
        ...{ ours: true, name: "WeightsError", code: "download-failed" },
      });
      const wasm = "/sq/ort-wasm-simd-threaded.wasm";
      expect(await failure({ assets: { worker: "/nowhere.js", wasm } })).toMatchObject({
        ours: true,
        message: expect.stringContaining("fetched"),
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("a GPU is refused where there is none, before anything is fetched for it", async () => {
    const folder = project();
    try {
      const assets = join(root, "dist/browser/assets");
      await using site = await serve({ "/": await withEsbuild(folder), "/sq/": assets }, false);
      await using tab = await opened(browser, site.origin);
      const before = tab.requests.length;
      const gpu = { device: "webgpu", assets: "/sq" } as const;
      expect(await tab.page.evaluate((o) => globalThis.use.failure(o), gpu)).toMatchObject({
        ...{ ours: true, name: "RuntimeError", code: "device-unavailable" },
        hint: expect.stringContaining("device cpu"),
      });
      expect(tab.requests.slice(before)).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it.skipIf(!all)(
    "a GPU, which SwiftShader stands for, separates as the processor does",
    async () => {
      const folder = project();
      const flags = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
      // On a crowded machine it takes its time.
      const withGpu = await launch(...flags, "--disable-gpu-watchdog");
      try {
        const assets = join(root, "dist/browser/assets");
        const tiny = tinyModelFolder(folder);
        const folders = { "/": await withEsbuild(folder), "/tiny/": tiny, "/sq/": assets };
        await using site = await serve(folders, false);
        await using tab = await opened(withGpu, site.origin);
        const options = {
          device: "webgpu",
          model: "/tiny/model.safetensors",
          assets: "/sq",
        } as const;
        const frames = RATE / 4;
        const report = await tab.page.evaluate(
          ([options, rate, frames]) => globalThis.use.separate(options, rate, frames),
          [options, RATE, frames] as const,
        );
        await using separator = await Separator.create(tinyModel());
        const song = [tone(0, frames), tone(1, frames)];
        const { bass } = await separator.separate(song, { sampleRate: RATE });
        const db = agreement(
          bass.flatMap((channel) => [...channel]),
          report.bass.flat(),
        );
        console.log(`SwiftShader: ${db.toFixed(1)} dB, ${report.seconds.toFixed(1)} s for 0.25 s`);
        expect(report.device).toBe("webgpu");
        expect(db).toBeGreaterThan(60);
        expect(tab.requests.some((url) => url.endsWith("/gpuWorker.js"))).toBe(true);
        expect(tab.requests.filter((url) => /simd-threaded\.wasm|\/worker\.js/.test(url))).toEqual(
          [],
        );
      } finally {
        await withGpu.close();
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );

  it.skipIf(!all).each<[string, Bundler, PageOptions, boolean]>([
    ["esbuild, isolated", withEsbuild, { assets: "/sq" }, true],
    ["rollup", withRollup, { assets: "/sq" }, false],
    ["vite build", withVite, {}, false],
    ["vite build, isolated", withVite, {}, true],
  ])("%s", async (_, bundler, options, isolated) => {
    const report = await separatesWith(bundler, options, isolated);
    expect(report).toMatchObject({ isolated, foreign: [], printed: [] });
    expect(report.db).toBeGreaterThan(90);
  });

  it.skipIf(!all).each([false, true])("vite dev (isolated: %s)", async (isolated) => {
    const { createServer } = await import("vite");
    const folder = project();
    const headers = isolated
      ? {
          "cross-origin-opener-policy": "same-origin",
          "cross-origin-embedder-policy": "require-corp",
        }
      : {};
    const server = await createServer({
      root: folder,
      logLevel: "error",
      server: { host: "127.0.0.1", port: 0, headers, fs: { allow: [folder, root] } },
    });
    try {
      await server.listen();
      const [origin] = server.resolvedUrls?.local ?? [];
      await using tab = await opened(browser, origin);
      const report = await tab.page.evaluate((rate) => globalThis.use.separate({}, rate), RATE);
      expect(report.isolated).toBe(isolated);
      const found = report.bass.flat();
      expect(
        agreement(
          expected.flatMap((c) => [...c]),
          found,
        ),
      ).toBeGreaterThan(90);
    } finally {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
