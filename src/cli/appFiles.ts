/** The files of the web app within the package: the app itself, and what lies elsewhere because more than the app needs it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { FileError } from "../errors.ts";

/** The package's folder; the same seen from `src/cli` and from `dist/cli`. */
const root = fileURLToPath(new URL("../../", import.meta.url));

/** What is served of the app. */
export interface AppFiles {
  /** Files by their path, from "/" on. Nothing else is ever served. */
  readonly files: ReadonlyMap<string, string>;
  /** What every response must carry, as the app's build wrote it. */
  readonly headers: Readonly<Record<string, string>>;
}

/** @throws {FileError} "not-found" if the app has not been built. */
export function appFiles(): AppFiles {
  const app = join(root, "dist/app");
  if (!existsSync(join(app, "index.html"))) {
    throw new FileError(
      "not-found",
      "The web app is not there.",
      "In a clone of the repository, build it: npm run build.",
    );
  }
  const files = new Map([
    ...below(app, "/"),
    ...below(join(root, "dist/browser/assets"), "/engine/"),
    ...below(join(root, "models"), "/engine/models/").filter(([path]) =>
      path.endsWith("/model.safetensors"),
    ),
  ]);
  files.set("/", join(app, "index.html"));
  return { files, headers: JSON.parse(readFileSync(join(app, "headers.json"), "utf8")) };
}

/** All files of a folder, by paths that begin with `prefix`. */
function below(folder: string, prefix: string): (readonly [path: string, file: string])[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((file) => [prefix + relative(folder, file).replaceAll("\\", "/"), file]);
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".wasm": "application/wasm",
};

/** The type of a file's content. */
export function contentType(file: string): string {
  return types[extname(file)] ?? "application/octet-stream";
}
