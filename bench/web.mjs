/**
 * The web app in Debian's Chromium beside the command line's engine, in one run: `npm run bench -- web`. Seconds for a song,
 * time to the first stems, memory of all processes of the browser, bytes of a first visit.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";
import { build, loadConfigFromFile, mergeConfig, preview } from "vite";
import { memoryOf } from "./browserMemory.mjs";
import { writeSong } from "./demix.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const executablePath = [process.env.CHROMIUM ?? "", "/usr/bin/chromium"].find(existsSync);

export async function run({
  seconds = 240,
  threads = "1,2",
  repeats = 3,
  model = "xumx-slicq",
  native = 1,
} = {}) {
  if (!executablePath) {
    console.log("There is no Chromium here.");
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "xumx-slicq-bench-"));
  try {
    const song = join(folder, "song.wav");
    await writeSong(song, seconds);
    console.log(
      `${seconds} s of stereo at 44.1 kHz, ${model}, ${availableParallelism()} processors`,
    );
    const config = await configOf(join(folder, "site"));
    await build({ configFile: false, logLevel: "error", ...config });
    const site = await preview({ configFile: false, logLevel: "error", ...config });
    const origin = `http://127.0.0.1:${site.httpServer.address().port}/`;
    for (const count of String(threads).split(",").map(Number)) {
      // In turn, so that what else the machine does meets both.
      for (let i = 0; i < repeats; i++) {
        const own = native ? inNode(song, folder, count, model) : undefined;
        if (own) console.log(`native   ${count} threads  ${own.seconds.toFixed(2)} s`);
        console.log(row(count, seconds, await inChromium(origin, song, count, model), own));
      }
    }
    await site.close();
    const { app, runtime } = bytesOfVisit();
    console.log(
      `a first visit, without model: ${kilobytes(app)} of the app (compressed), ${kilobytes(runtime)} of workers and ONNX Runtime (compressed)`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function row(threads, length, { total, first, decoded, memory }, own) {
  const factor = own ? `, ${(total / own.seconds).toFixed(2)} × native` : "";
  return (
    `Chromium ${threads} threads  ${total.toFixed(2)} s (${(length / total).toFixed(1)} × real time${factor}), ` +
    `decoded after ${decoded.toFixed(2)} s, first stems after ${first.toFixed(2)} s, ${(memory / 2 ** 20).toFixed(0)} MB`
  );
}

function inNode(song, folder, threads, model) {
  const script = fileURLToPath(new URL("demixRun.mjs", import.meta.url));
  const args = [script, model, song, join(folder, "out"), String(threads)];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** Seconds from the dropped file to its last stem; the model is there already, and the separator is not. */
async function inChromium(origin, song, threads, model) {
  // With a profile: in private windows a page's files lie in memory.
  const profile = mkdtempSync(join(tmpdir(), "xumx-slicq-profile-"));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath,
    args: ["--no-sandbox"],
  });
  try {
    const page = await browser.newPage();
    await page.addInitScript((count) => {
      Object.defineProperty(Navigator.prototype, "hardwareConcurrency", { get: () => count });
    }, threads);
    page.setDefaultTimeout(0);
    await page.goto(origin);
    await page.waitForFunction(() => document.title === "ready");
    await page.evaluate(async (id) => {
      const { shelf } = globalThis.app;
      shelf.choose(shelf.models.value.find((known) => known.id === id));
      await shelf.bring(shelf.chosen.value);
    }, model);
    const measuring = page.evaluate(() => globalThis.measured());
    let memory = 0;
    const watch = setInterval(() => {
      memory = Math.max(memory, memoryOf(process.pid));
    }, 3000);
    await page.getByLabel("Choose songs").setInputFiles(song);
    const { total, first, decoded, state } = await measuring;
    clearInterval(watch);
    if (state !== "done") throw new Error(`The song is ${state}.`);
    return { total, first, decoded, memory };
  } finally {
    await browser.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

/** The app's build, of the page without the view. */
async function configOf(outDir) {
  const file = join(root, "web/vite.config.ts");
  const { config } = await loadConfigFromFile({ command: "build", mode: "site" }, file);
  return mergeConfig(config, { root: join(root, "test/browser/enginePage"), build: { outDir } });
}

/** Compressed as hosts do. */
function bytesOfVisit() {
  const sum = (folder, names) =>
    names.reduce((all, name) => all + gzipSync(readFileSync(join(root, folder, name))).length, 0);
  const app = readdirSync(join(root, "dist/app"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(root.length));
  return {
    app: sum("", app),
    runtime: sum("dist/browser/assets", ["worker.js", "worklet.js", "ort-wasm-simd-threaded.wasm"]),
  };
}

function kilobytes(bytes) {
  return `${(bytes / 1e3).toFixed(0)} kB`;
}
