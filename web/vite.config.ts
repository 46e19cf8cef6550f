/** Builds the app into static files that any host can serve from any folder: dist/app of the package. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here("."),
  base: "./",
  resolve: { alias: { "xumx-slicq": here("../dist/browser.js") } },
  build: { outDir: here("../dist/app"), emptyOutDir: true, target: "es2022" },
});
