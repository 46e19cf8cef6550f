/** Builds the service worker last of all: it knows all files of the app, and its version is their content. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { build } from "esbuild";
import type { Plugin } from "vite";

/** Of the folder "engine", what every visit needs. Models are kept by the page, a GPU's files from their first use on. */
const engine = ["worker.js", "worklet.js", "ort-wasm-simd-threaded.wasm"];

/** For hosts: not fetched by pages. */
const unused = ["headers.json", "_headers"];

/** @param root of the package, which has been built. */
export function serviceWorker(root: string): Plugin {
  let publicDir = "";
  return {
    name: "service-worker",
    apply: "build",
    enforce: "post",
    configResolved(config) {
      publicDir = config.publicDir;
    },
    async generateBundle(_options, bundle) {
      const made = Object.entries(bundle).filter(([name]) => !unused.includes(name));
      const hash = createHash("sha256");
      for (const [name, item] of made.sort(([a], [b]) => (a < b ? -1 : 1))) {
        hash.update(name).update(item.type === "chunk" ? item.code : item.source);
      }
      const given = existsSync(publicDir)
        ? readdirSync(publicDir, { recursive: true, encoding: "utf8", withFileTypes: true })
            .filter((entry) => entry.isFile())
            .map(({ parentPath, name }) =>
              relative(publicDir, join(parentPath, name)).replaceAll("\\", "/"),
            )
            .sort()
        : [];
      for (const name of given) hash.update(name).update(readFileSync(join(publicDir, name)));
      for (const name of engine) hash.update(readFileSync(join(root, "dist/browser/assets", name)));
      const files = [
        ...made.map(([name]) => name),
        ...given,
        ...engine.map((name) => `engine/${name}`),
      ];
      const app = { version: hash.digest("hex").slice(0, 16), files };
      const { outputFiles } = await build({
        entryPoints: [join(root, "web/src/serviceWorker/serviceWorker.ts")],
        ...{ bundle: true, minify: true, write: false, format: "iife", target: "es2022" },
        define: { APP: JSON.stringify(app) },
        logLevel: "error",
      });
      const [{ text }] = outputFiles;
      this.emitFile({ type: "asset", fileName: "serviceWorker.js", source: text });
    },
  };
}
