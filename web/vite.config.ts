/**
 * Builds the app into static files that any host can serve from any folder. Into the package goes dist/app, without the
 * models and WebAssembly that lie elsewhere in it; `--mode site` makes dist/site, which is whole.
 */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { bundledModels } from "./build/bundledModels.ts";
import { engineFolder } from "./build/engineFolder.ts";
import { hosting } from "./build/hosting.ts";
import { serviceWorker } from "./build/serviceWorker.ts";
import { headers } from "./headers.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig(({ mode }) => {
  const whole = mode === "site";
  const engine = (copied: boolean) => [bundledModels(here("..")), engineFolder(here(".."), copied)];
  return {
    root: here("."),
    base: "./",
    resolve: { alias: { "xumx-slicq": here("../dist/browser.js") } },
    plugins: [...engine(whole), hosting(), serviceWorker(here(".."))],
    worker: { format: "es", plugins: () => engine(false) },
    preview: { headers, host: "127.0.0.1" },
    build: {
      outDir: here(whole ? "../dist/site" : "../dist/app"),
      emptyOutDir: true,
      target: "es2022",
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
    },
  };
});
