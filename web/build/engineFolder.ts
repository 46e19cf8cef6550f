/**
 * The folder "engine" of the site: what the library fetches (workers, WebAssembly, models), under the names of the
 * package's dist/browser/assets and models. In the package it is served from there; a whole site has copies.
 */
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";
import { modelSums } from "./bundledModels.ts";

/** @param root of the package; @param copied whether the folder is made. */
export function engineFolder(root: string, copied: boolean): Plugin {
  let outDir = "";
  return {
    name: "engine-folder",
    enforce: "pre",
    configResolved(config) {
      outDir = config.build.outDir;
    },
    // Seen from the app's modules, which lie in the folder "assets".
    transform(code, id) {
      if (!id.endsWith("/dist/browser/assets.js")) return undefined;
      return code
        .replaceAll('new URL("./assets/', 'new URL(/* @vite-ignore */ "../engine/')
        .replaceAll('new URL("../../models/', 'new URL(/* @vite-ignore */ "../engine/models/');
    },
    closeBundle() {
      if (!copied) return;
      const engine = join(outDir, "engine");
      mkdirSync(engine, { recursive: true });
      cpSync(join(root, "dist/browser/assets"), engine, { recursive: true });
      for (const { id } of modelSums(root)) {
        const file = join("models", id, "model.safetensors");
        cpSync(join(root, file), join(engine, file));
      }
    },
  };
}
