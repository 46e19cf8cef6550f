/** What a model is called and may be used for, without loading it. */
import { readdir } from "node:fs/promises";
import { basename, extname, resolve } from "node:path";
import { bundledModels, bundledPath } from "./bundled.ts";
import type { ModelFacts } from "./config.ts";
import { defaultModel } from "./defaultModel.ts";
import { configOf, type InventoryOptions } from "./inventory.ts";
import { findWeights, nameOfPth } from "./load.ts";
import { targetFiles } from "./openUnmix.ts";
import { originalModels } from "./originals.ts";
import { publishedModels } from "./registry.ts";

export interface ModelDescription {
  /** As a separator with this model calls it. */
  readonly name: string;
  /** Terms of use of the weights, if they are known. */
  readonly licence: string | undefined;
  /** Names of its stems; undefined where only the weights tell, which are not read. */
  readonly targets: readonly string[] | undefined;
}

/**
 * The description of the model that `pathOrName` means to {@link loadModel}. Nothing is fetched, and of a file only the
 * beginning read; what is wrong with the rest shows when the model is loaded.
 * @throws WeightsError `weights-missing` or `unreadable`, as that.
 */
export async function describeModel(
  pathOrName: string = defaultModel,
  options: Pick<InventoryOptions, "published" | "originals"> = {},
): Promise<ModelDescription> {
  const { published = publishedModels, originals = originalModels } = options;
  const bundled = await bundledModels();
  const known = [...published, ...originals];
  const model = known.find(({ name }) => name === pathOrName);
  if (model && !bundled.includes(pathOrName)) return described(model.config);
  const source = bundled.includes(pathOrName)
    ? bundledPath(pathOrName)
    : await findWeights(pathOrName, [...bundled, ...known.map(({ name }) => name)]);
  const name = nameOfPth(source);
  if (extname(source).toLowerCase() !== ".safetensors") {
    const files = await readdir(source).catch((): string[] => []);
    const targets = files.length > 0 ? [...targetFiles(files).keys()] : undefined;
    const folder = targets && basename(resolve(source));
    return { name: folder || name, licence: undefined, targets };
  }
  return described((await configOf(source)) ?? { name });
}

function described({ name, licence, targets }: Partial<ModelFacts> & Pick<ModelFacts, "name">) {
  return { name, licence, targets };
}
