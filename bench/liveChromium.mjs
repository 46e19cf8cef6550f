/** The same in Debian's Chromium: blocks to a worker, and a node in the graph of an AudioContext. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { row } from "./liveSound.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const executablePath = [process.env.CHROMIUM ?? "", "/usr/bin/chromium"].find(existsSync);
const types = { ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm" };

/** Prints a row for every model and size of blocks, and for every model's node, isolated from other origins and not. */
export async function runInChromium(models, blocks, settings) {
  if (!executablePath) {
    console.log("\nThere is no Chromium here.");
    return;
  }
  const program = await bundle();
  const args = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"];
  const browser = await chromium.launch({ executablePath, args });
  const where = `Chromium ${browser.version().split(".", 1)[0]}`;
  try {
    for (const isolated of [true, false]) {
      const site = await serve(program, isolated);
      const page = await browser.newPage();
      page.setDefaultTimeout(0);
      await page.goto(site.origin);
      await page.waitForFunction(() => document.title === "ready");
      for (const model of models) {
        // Whether memory is shared makes no difference to blocks.
        for (const block of isolated ? blocks : []) {
          const measured = await page.evaluate((asked) => globalThis.blocks(asked), {
            ...{ ...settings, model, block },
          });
          console.log(row({ where: `${where}, worker`, model, block, ...measured }));
        }
        if (settings.pace !== "real") continue;
        const measured = await page.evaluate((asked) => globalThis.node(asked), {
          ...settings,
          model,
        });
        console.log(
          row({ where: `${where}, node (${measured.link})`, model, block: 128, ...measured }),
        );
      }
      await page.close();
      await site.close();
    }
  } finally {
    await browser.close();
  }
}

async function bundle() {
  const { outputFiles } = await build({
    entryPoints: [join(root, "bench/livePage.mjs")],
    alias: { "xumx-slicq": join(root, "dist/browser.js") },
    ...{ bundle: true, format: "esm", write: false, logLevel: "error" },
  });
  return outputFiles[0].contents;
}

async function serve(program, isolated) {
  const page =
    '<!doctype html><link rel="icon" href="data:," /><script type="module" src="/app.js"></script>';
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? "/", "http://site").pathname;
    if (isolated) {
      response.setHeader("cross-origin-opener-policy", "same-origin");
      response.setHeader("cross-origin-embedder-policy", "require-corp");
    }
    response.setHeader(
      "content-type",
      types[path === "/" ? ".html" : extname(path)] ?? "application/octet-stream",
    );
    if (path === "/") return response.end(page);
    if (path === "/app.js") return response.end(program);
    const folder = path.startsWith("/models/") ? root : join(root, "dist/browser/assets");
    try {
      response.end(await readFile(join(folder, path)));
    } catch {
      response.statusCode = 404;
      response.end();
    }
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
