/** What the built package promises: its exports, its types, its docstrings, its pages of documentation. */
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What a script says, and how it ends. */
function run(script: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, "scripts", script), ...args],
    { encoding: "utf8" },
  );
  return { status, said: stdout + stderr };
}

const made: string[] = [];
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** A package of one face, of these files in its dist. */
function fakePackage(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "xumx-package-"));
  made.push(folder);
  const target = { types: "./dist/index.d.ts", default: "./dist/index.js" };
  const exports = { ".": { browser: target, ...target }, "./lost": "./dist/lost.js" };
  const manifest = JSON.stringify({ name: "fake", type: "module", exports });
  const empty = { "dist/index.js": "", "dist/index.d.ts": "", "dist/lost.js": "" };
  const all = { "package.json": manifest, ...empty, ...files };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

describe("the exports", () => {
  it("are there, with types for every way of resolving them, and none of Node for browsers", () => {
    const { status, said } = run("checkExports.mjs");
    console.log(said.trim());
    expect(said).toMatch(/: 0 problems/);
    expect(status).toBe(0);
  });

  it("are refused with files or types missing, foreign types, wrong types, and Node for browsers", () => {
    const folder = fakePackage({
      "dist/index.d.ts": [
        'export type { A } from "./a.ts";',
        'import type { C } from "c/d";',
        "export type B = C | Missing;",
      ].join("\n"),
      "dist/index.js": 'export * from "./e.js";',
      "dist/e.js": 'await import("node:fs");',
    });
    rmSync(join(folder, "dist", "lost.js"));
    const { status, said } = run("checkExports.mjs", folder);
    expect(said).toContain("package.json names ./dist/lost.js, which is missing.");
    expect(said).toContain("dist/index.d.ts imports ./a.ts, which is missing.");
    expect(said).toContain("dist/index.d.ts needs the types of c/d, which is no dependency.");
    expect(said).toMatch(/errors in the types for bundler:\n.*index\.d\.ts/);
    expect(said).toContain("Browsers would have to import Node: dist/e.js → node:fs");
    expect(status).toBe(1);
  });
});

describe("the docstrings", () => {
  it("are there for every public export, which mentions nothing but public types", () => {
    const { status, said } = run("checkDocblocks.mjs");
    expect(said).toMatch(/, 0 problems/);
    expect(status).toBe(0);
  });

  it("are missed where they are missing, and so is a type that nobody can import", () => {
    const folder = fakePackage({
      "dist/index.d.ts": 'export { a, type B } from "./a.ts";',
      "dist/a.d.ts": [
        "/** Says what it is. */",
        "export declare function a(): B;",
        "export interface B {",
        "    /** A member's comment is not the interface's. */",
        "    readonly c: C;",
        "}",
        "/** Not exported by the face. */",
        "export interface C {",
        "}",
      ].join("\n"),
    });
    const { status, said } = run("checkDocblocks.mjs", folder);
    expect(said).toContain("a: B has no docstring.");
    expect(said).toContain("a: B mentions C of a, which nobody can import");
    expect(said).toContain("2 public exports, 2 problems");
    expect(status).toBe(1);
  });
});

it("the README leads to nothing but what is in the package, or elsewhere", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const { files } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const links = [...readme.matchAll(/\]\(([^)#]+)/g)].map(([, to]) => to);
  const inner = links.filter((to) => !/^https?:/.test(to));
  expect(inner.length).toBeGreaterThan(5);
  for (const to of inner) {
    expect(existsSync(join(root, to)), to).toBe(true);
    expect(files, to).toContain(to.split("/")[0]);
  }
});

/** Programs as users write them: the examples, and what the README shows, against the package's own types. */
it("the examples and the README's programs compile", () => {
  const folder = mkdtempSync(join(tmpdir(), "xumx-programs-"));
  made.push(folder);
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(root, join(folder, "node_modules", "xumx-slicq"), "junction");
  symlinkSync(join(root, "node_modules", "@types"), join(folder, "node_modules", "@types"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  cpSync(join(root, "examples"), join(folder, "examples"), { recursive: true });
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const given = [
    "declare const left: Float32Array, right: Float32Array, file: Blob;",
    "declare const reference: Float32Array[], estimate: Float32Array[];",
  ];
  const programs = [...readme.matchAll(/^```(?:js|ts)\n([\s\S]*?)^```$/gm)].map(([, code], i) => {
    writeFileSync(join(folder, `readme${i}.ts`), `${given.join("\n")}\n${code}\nexport {};\n`);
    return `readme${i}.ts`;
  });
  expect(programs.length).toBeGreaterThan(2);
  const common = { module: "nodenext", noEmit: true, skipLibCheck: true, types: ["node"] };
  const lib = ["ES2023", "DOM", "ESNext.Disposable"];
  const projects = {
    readme: { compilerOptions: { ...common, lib, strict: true }, files: programs },
    examples: {
      compilerOptions: { ...common, lib, strict: false, allowJs: true, checkJs: true },
      include: ["examples/*.mjs"],
    },
  };
  for (const [name, project] of Object.entries(projects)) {
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(project));
    const compiler = join(root, "node_modules/typescript/bin/tsc");
    const { stdout } = spawnSync(process.execPath, [compiler, "-p", join(folder, `${name}.json`)], {
      encoding: "utf8",
    });
    expect(stdout, name).toBe("");
  }
});

it("the pages of docs/api say what the docstrings say", () => {
  expect(run("apiDocs.mjs", "--check")).toEqual({ status: 0, said: "" });
});
