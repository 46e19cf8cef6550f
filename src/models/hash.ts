/** What tells a model's weights from all others. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { WeightsError } from "../errors.ts";
import { bundledModels, bundledPath } from "./bundled.ts";
import { defaultModel } from "./defaultModel.ts";
import type { InventoryOptions } from "./inventory.ts";
import { findWeights } from "./load.ts";
import { publishedModels } from "./registry.ts";

/**
 * SHA-256, hexadecimal, of the weights that `pathOrName` means to {@link loadModel}: of the file's bytes; of a `.pth` with
 * the `.json` beside it after them. Of a published model it is known without fetching anything.
 * @throws {WeightsError} `weights-missing` or `unreadable`.
 */
export async function modelHash(
  pathOrName: string = defaultModel,
  { published = publishedModels }: Pick<InventoryOptions, "published"> = {},
): Promise<string> {
  const bundled = await bundledModels();
  const model = published.find(({ name }) => name === pathOrName);
  if (model && !bundled.includes(pathOrName)) return model.weights.sha256;
  const source = bundled.includes(pathOrName)
    ? bundledPath(pathOrName)
    : await findWeights(pathOrName, [...bundled, ...published.map(({ name }) => name)]);
  const hash = createHash("sha256").update(await bytesOf(source));
  if (extname(source).toLowerCase() !== ".safetensors") {
    const beside = join(dirname(source), `${basename(source, extname(source))}.json`);
    hash.update(await bytesOf(beside));
  }
  return hash.digest("hex");
}

async function bytesOf(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new WeightsError(
      "unreadable",
      `${path}: cannot be read.`,
      "Check the path and its permissions.",
      { cause },
    );
  }
}
