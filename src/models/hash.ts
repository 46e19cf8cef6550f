/** What tells a model's weights from all others. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { WeightsError } from "../errors.ts";
import { bundledModels, bundledPath } from "./bundled.ts";
import { defaultModel } from "./defaultModel.ts";
import { isOriginalCached, originalPath } from "./fetchOriginal.ts";
import type { InventoryOptions } from "./inventory.ts";
import { findWeights } from "./load.ts";
import { type OriginalModel, originalModels } from "./originals.ts";
import { publishedModels } from "./registry.ts";

/**
 * SHA-256, hexadecimal, of the weights that `pathOrName` means to {@link loadModel}: of the file's bytes; of a `.pth` with
 * the `.json` beside it after them. Of a published model it is known without fetching anything; another system's must have been
 * fetched.
 * @throws {WeightsError} `weights-missing` or `unreadable`.
 */
export async function modelHash(
  pathOrName: string = defaultModel,
  options: InventoryOptions = {},
): Promise<string> {
  const { published = publishedModels, originals = originalModels, cache } = options;
  const bundled = await bundledModels();
  const model = published.find(({ name }) => name === pathOrName);
  if (model && !bundled.includes(pathOrName)) return model.weights.sha256;
  const original = originals.find(({ name }) => name === pathOrName);
  const source = bundled.includes(pathOrName)
    ? bundledPath(pathOrName)
    : original
      ? await fetchedPath(original, cache)
      : await findWeights(pathOrName, [...bundled, ...published.map(({ name }) => name)]);
  const hash = createHash("sha256").update(await bytesOf(source));
  if (extname(source).toLowerCase() !== ".safetensors") {
    const beside = join(dirname(source), `${basename(source, extname(source))}.json`);
    hash.update(await bytesOf(beside));
  }
  return hash.digest("hex");
}

/** @throws {WeightsError} `weights-missing` if it was not fetched */
async function fetchedPath(model: OriginalModel, cache: string | undefined): Promise<string> {
  if (await isOriginalCached(model, cache)) return originalPath(model, cache);
  throw new WeightsError(
    "weights-missing",
    `The model ${model.name} has not been fetched, so nothing tells its weights from others.`,
    `Fetch it: xumx-slicq models pull ${model.name}.`,
  );
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
