/** What the built package promises: its exports, its types, its docstrings, its pages of documentation. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
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

it("the pages of docs/api say what the docstrings say", () => {
  expect(run("apiDocs.mjs", "--check")).toEqual({ status: 0, said: "" });
});
