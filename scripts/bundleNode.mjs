/**
 * Makes few files of Node's faces, dist/node: a program that loads hundreds of modules takes half a second to start. What
 * files find beside themselves (threads, models, the package's own description), they still find. After the compiler.
 */
import { rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const outdir = join(dist, "node");

/** Modules that ask where they are get the answer from before they were moved. */
const places = {
  name: "places",
  setup({ onLoad }) {
    onLoad({ filter: /\.js$/ }, async ({ path }) => {
      const contents = await readFile(path, "utf8");
      if (!contents.includes("import.meta.url")) return undefined;
      const from = relative(outdir, path).replaceAll("\\", "/");
      const place = `new URL(${JSON.stringify(from)}, import.meta.url).href`;
      return { contents: contents.replaceAll("import.meta.url", place), resolveDir: dirname(path) };
    });
  },
};

rmSync(outdir, { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: {
    index: join(dist, "index.js"),
    advanced: join(dist, "advanced.js"),
    slicqt: join(dist, "transforms/slicqt/index.js"),
    evaluation: join(dist, "evaluation/index.js"),
    jobs: join(dist, "jobs/index.js"),
    training: join(dist, "training/index.js"),
    cli: join(dist, "cli/main.js"),
  },
  outdir,
  plugins: [places],
  bundle: true,
  splitting: true,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
  metafile: true,
  logLevel: "warning",
});
const bytes = Object.values(metafile.outputs).reduce((sum, { bytes }) => sum + bytes, 0);
console.log(`node: ${Object.keys(metafile.outputs).length} files, ${bytes} bytes`);

// The program, and the main face, where they were.
writeFileSync(join(dist, "cli/main.js"), '#!/usr/bin/env node\nimport "../node/cli.js";\n');
writeFileSync(join(dist, "index.js"), 'export * from "./node/index.js";\n');
