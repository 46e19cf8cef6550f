/** The models that come with the package. */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The package's folder of models; the same seen from `src/models` and from `dist/models`. */
const bundledDir = fileURLToPath(new URL("../../models/", import.meta.url));

/** Name of the weights in the folder of a bundled model, and of models that we write. */
export const bundledFile = "model.safetensors";

/** Names of the models that came with the package, sorted. */
export async function bundledModels(): Promise<readonly string[]> {
  const entries = await readdir(bundledDir, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && existsSync(bundledPath(entry.name)))
    .map((entry) => entry.name)
    .sort();
}

/** Where the weights of a bundled model lie. */
export function bundledPath(name: string): string {
  return join(bundledDir, name, bundledFile);
}

/**
 * The checksum (SHA-256, hexadecimal) that a bundled model's weights should have, from `models/SHA256SUMS`, a file as
 * `sha256sum` writes and checks it. Undefined for a model that it does not list.
 */
export async function bundledChecksum(name: string): Promise<string | undefined> {
  const sums = await readFile(join(bundledDir, "SHA256SUMS"), "utf8").catch(() => "");
  const line = sums.split(/\r?\n/).find((line) => line.endsWith(`  ${name}/${bundledFile}`));
  return line?.split(" ", 1)[0];
}
