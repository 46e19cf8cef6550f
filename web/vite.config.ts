/**
 * Builds the app into static files that any host can serve from any folder. Into the package goes dist/app, without the
 * models and WebAssembly that lie elsewhere in it; `--mode site` makes dist/site, which is whole.
 */
import { fileURLToPath } from "node:url";
import { defineConfig, type UserConfig } from "vite";
import { bundledModels } from "./build/bundledModels.ts";
import { engineFolder } from "./build/engineFolder.ts";
import { hosting } from "./build/hosting.ts";
import { serviceWorker } from "./build/serviceWorker.ts";
import { headers } from "./headers.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** @param settings of the place: what is built, and into which folder. */
export function configOf(settings: { root: string; outDir: string; whole: boolean }): UserConfig {
  const parts = (whole: boolean) => [bundledModels(here("..")), engineFolder(here(".."), whole)];
  const site = [...parts(settings.whole), hosting(), serviceWorker(here(".."))];
  return {
    root: settings.root,
    base: "./",
    resolve: { alias: { "xumx-slicq": here("../dist/browser.js") } },
    plugins: site,
    worker: { format: "es", plugins: () => parts(false) },
    preview: { headers, host: "127.0.0.1" },
    build: {
      outDir: settings.outDir,
      emptyOutDir: true,
      target: "es2022",
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
    },
  };
}

export default defineConfig(({ mode }) => {
  const whole = mode === "site";
  return configOf({ root: here("."), outDir: here(whole ? "../dist/site" : "../dist/app"), whole });
});
