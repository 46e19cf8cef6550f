/**
 * Fails unless everything that package.json promises is there and can be used:
 *
 *     node scripts/checkExports.mjs [package folder]
 *
 * - every file that `exports` and `bin` name exists, and every declaration file that these reach;
 * - what declarations import from elsewhere comes with the package;
 * - programs in TypeScript find the types of every face, whichever way modules are resolved, and the types are sound;
 * - what browsers get imports nothing of Node.
 *
 * Reads the built package.
 */
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { declarationFile, facesOf, importsOf } from "./declarations.mjs";

const root = resolve(process.argv[2] ?? fileURLToPath(new URL("..", import.meta.url)));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const compiler = fileURLToPath(new URL("../node_modules/typescript/bin/tsc", import.meta.url));

/** Faces that browsers can import. */
const portable = [".", "./slicqt", "./evaluation"];

const problems = [];
const shown = (path) => relative(root, path).replaceAll("\\", "/");

/** All file names in an export's conditions. */
function filesIn(target) {
  return typeof target === "string" ? [target] : Object.values(target).flatMap(filesIn);
}

function checkFiles() {
  const named = [...Object.values(manifest.exports), ...Object.values(manifest.bin ?? {})];
  for (const file of new Set(named.flatMap(filesIn))) {
    // What stands before the star of a pattern is a folder.
    if (!existsSync(join(root, file.replace(/\/\*$/, "/"))))
      problems.push(`package.json names ${file}, which is missing.`);
  }
  for (const [path, target] of Object.entries(manifest.exports)) {
    if (typeof target === "string") continue;
    const keys = Object.keys(target);
    // The first condition that fits is taken.
    if (keys.at(-1) !== "default") problems.push(`The export ${path} does not end in "default".`);
    if (!("types" in target)) problems.push(`The export ${path} has no types.`);
  }
}

/** Follows imports from some files; calls `outside` for what is no file of the package. */
function walk(entries, importsIn, fileOf, outside) {
  const seen = new Set();
  const left = entries.map((entry) => join(root, entry));
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    if (!existsSync(file)) continue;
    for (const specifier of importsIn(readFileSync(file, "utf8"))) {
      if (!specifier.startsWith(".")) {
        outside(file, specifier);
        continue;
      }
      const target = fileOf(file, specifier);
      if (existsSync(target)) left.push(target);
      else problems.push(`${shown(file)} imports ${specifier}, which is missing.`);
    }
  }
  return seen.size;
}

function checkDeclarations() {
  const needed = { ...manifest.dependencies };
  const entries = facesOf(manifest).map(({ types }) => types ?? "");
  return walk(entries, importsOf, declarationFile, (file, specifier) => {
    const name = specifier
      .split("/")
      .slice(0, specifier.startsWith("@") ? 2 : 1)
      .join("/");
    if (!(name in needed)) {
      problems.push(`${shown(file)} needs the types of ${specifier}, which is no dependency.`);
    }
  });
}

/** Every form of import in compiled code: static, re-exporting, dynamic, and the URLs of workers. */
function codeImports(text) {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  const forms = [
    /\b(?:from|import)\s*["']([^"']+)["']/g,
    /\bimport\(\s*["']([^"']+)["']\s*\)/g,
    /\bnew URL\(\s*["'](\.[^"']+)["'],\s*import\.meta\.url/g,
  ];
  return forms.flatMap((form) => [...code.matchAll(form)].map(([, to]) => to));
}

function checkBrowser() {
  const entries = portable.flatMap((path) => {
    const target = manifest.exports[path];
    if (!target) return [];
    return [target.browser?.default ?? target.default];
  });
  const fileOf = (from, specifier) => join(dirname(from), specifier);
  return walk(entries, codeImports, fileOf, (file, specifier) => {
    if (!specifier.startsWith("node:")) return;
    problems.push(`Browsers would have to import Node: ${shown(file)} → ${specifier}`);
  });
}

const bundled = {
  module: "esnext",
  moduleResolution: "bundler",
  lib: ["ES2022", "DOM"],
  types: [],
};

/** How programs that use the package may be compiled: by Node's rules and with its types, or without either. */
const consumers = {
  node: {
    ...{ module: "node16", moduleResolution: "node16", lib: ["ES2022"], types: ["node"] },
    typeRoots: [fileURLToPath(new URL("../node_modules/@types", import.meta.url))],
  },
  bundler: bundled,
  browser: { ...bundled, customConditions: ["browser"] },
};

function checkConsumers() {
  const folder = mkdtempSync(join(tmpdir(), "xumx-exports-"));
  try {
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(root, join(folder, "node_modules", manifest.name), "junction");
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    const paths = facesOf(manifest).map(({ path }) => path.replace(/^\./, manifest.name));
    const lines = [...new Set(paths)].map(
      (path, i) =>
        `import * as face${i} from "${path}";\nexport const keys${i}: string[] = Object.keys(face${i});\n`,
    );
    writeFileSync(join(folder, "program.ts"), lines.join(""));
    for (const [name, options] of Object.entries(consumers)) {
      const compilerOptions = {
        ...{ target: "ES2022", noEmit: true, strict: true, exactOptionalPropertyTypes: true },
        skipLibCheck: false,
        ...options,
      };
      const config = join(folder, `${name}.json`);
      writeFileSync(config, JSON.stringify({ compilerOptions, files: ["program.ts"] }));
      const { status, stdout } = spawnSync(process.execPath, [compiler, "-p", config], {
        cwd: folder,
        encoding: "utf8",
      });
      if (status === 0) continue;
      const errors = stdout.trim().split("\n");
      problems.push(
        `${errors.length} errors in the types for ${name}:\n${errors.slice(0, 5).join("\n")}`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return Object.keys(consumers).length;
}

checkFiles();
const declarations = checkDeclarations();
const modules = checkBrowser();
const programs = checkConsumers();
for (const problem of problems) console.error(problem);
console.log(
  `${declarations} declaration files, ${modules} modules for browsers, ${programs} programs compiled: ${problems.length} problems`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
