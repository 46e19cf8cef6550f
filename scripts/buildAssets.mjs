/**
 * Makes modules of threads one file each: a thread that loads a hundred modules takes a quarter of a second to start.
 *
 * Makes the folder of what browsers fetch beside a program's own code, dist/browser/assets: the module of the workers as
 * one file, so that every bundler can leave it as it is, and the WebAssembly that it needs. After the compiler.
 */
import { copyFileSync, mkdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

// The threads of Node. What comes from packages is still found when it is needed.
const separation = fileURLToPath(new URL("../dist/separation/", import.meta.url));
const threads = ["pieceWorker.js", "modelWorker.js"];
await build({
  entryPoints: threads.map((name) => join(separation, name)),
  outdir: separation,
  allowOverwrite: true,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
  logLevel: "warning",
});
for (const name of threads) console.log(`${name}: ${statSync(join(separation, name)).size} bytes`);

const browser = fileURLToPath(new URL("../dist/browser/", import.meta.url));
const assets = join(browser, "assets");
mkdirSync(assets, { recursive: true });
await build({
  entryPoints: ["worker.js", "gpuWorker.js"].map((name) => join(browser, name)),
  outdir: assets,
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  legalComments: "inline",
  logLevel: "warning",
});
// As it is written: what is smaller than 4 kB, Vite puts into the code as an address that strict policies refuse.
await build({
  entryPoints: [join(browser, "worklet.js")],
  outfile: join(assets, "worklet.js"),
  bundle: true,
  format: "esm",
  target: "es2022",
  logLevel: "warning",
});
const runtime = dirname(createRequire(import.meta.url).resolve("onnxruntime-web/wasm"));
const wasm = ["ort-wasm-simd-threaded.wasm", "ort-wasm-simd-threaded.asyncify.wasm"];
for (const name of wasm) copyFileSync(join(runtime, name), join(assets, name));
for (const name of ["worker.js", "gpuWorker.js", "worklet.js", ...wasm]) {
  console.log(`${name}: ${statSync(join(assets, name)).size} bytes`);
}
