/** The page's program, built as users of each bundler build theirs: without a flag for this package. */
import { cpSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = (script: string) =>
  `<!doctype html><link rel="icon" href="data:," /><title>loading</title><script type="module" src="${script}"></script>`;

/** A project of a user's, with the package among its dependencies. */
export function project(): string {
  const folder = mkdtempSync(join(tmpdir(), "xumx-browser-"));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(root, join(folder, "node_modules", "xumx-slicq"), "junction");
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  cpSync(join(root, "test", "browser", "program.js"), join(folder, "program.js"));
  writeFileSync(join(folder, "index.html"), page("/program.js"));
  return folder;
}

/** @returns the folder of the built site */
export type Bundler = (folder: string) => Promise<string>;

/** A site with one file of code; what it fetches is given by `assets`. */
function plainSite(folder: string): string {
  const out = join(folder, "out");
  mkdirSync(out);
  writeFileSync(join(out, "index.html"), page("/app.js"));
  return out;
}

export const withEsbuild: Bundler = async (folder) => {
  const { build } = await import("esbuild");
  const out = plainSite(folder);
  await build({
    entryPoints: [join(folder, "program.js")],
    outfile: join(out, "app.js"),
    bundle: true,
    minify: true,
    format: "esm",
  });
  return out;
};

export const withRollup: Bundler = async (folder) => {
  const { rollup } = await import("rollup");
  const { nodeResolve } = await import("@rollup/plugin-node-resolve");
  const bundle = await rollup({
    input: join(folder, "program.js"),
    plugins: [nodeResolve()],
    onwarn: () => undefined,
  });
  const out = plainSite(folder);
  await bundle.write({ dir: out, entryFileNames: "app.js", format: "es" });
  await bundle.close();
  return out;
};

export const withVite: Bundler = async (folder) => {
  const { build } = await import("vite");
  await build({ root: folder, logLevel: "error" });
  return join(folder, "dist");
};

/** Builds all of the web app but its view, as the app is built. */
export async function buildEnginePage(outDir: string): Promise<void> {
  const { build, loadConfigFromFile, mergeConfig } = await import("vite");
  const file = join(root, "web/vite.config.ts");
  const loaded = await loadConfigFromFile({ command: "build", mode: "production" }, file);
  const page = { root: join(root, "test/browser/enginePage"), build: { outDir } };
  await build({
    ...mergeConfig(loaded?.config ?? {}, page),
    ...{ configFile: false, logLevel: "error" },
  });
}

/** Builds the page with the app's view alone, viewPage, whose songs are made by formula. */
export async function buildViewPage(outDir: string): Promise<void> {
  const { build } = await import("vite");
  const { engineFolder } = await import("../../web/build/engineFolder.ts");
  await build({
    root: join(root, "test/browser/viewPage"),
    resolve: { alias: { "xumx-slicq": join(root, "dist/browser.js") } },
    plugins: [engineFolder(root, false)],
    oxc: { jsx: { runtime: "automatic", importSource: "preact", development: false } },
    worker: { format: "es" },
    build: { outDir, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
    ...{ configFile: false, logLevel: "error" },
  });
}
