/** Which models there are, where they lie, and whether what lies there is right. */
import { open, readFile, stat } from "node:fs/promises";
import { WeightsError, XumxError } from "../errors.ts";
import { familyOf } from "../networks/index.ts";
import { checkState, readSafetensorsMetadata, safetensorsHeadSize } from "../tensors/index.ts";
import { bundledChecksum, bundledModels, bundledPath } from "./bundled.ts";
import { cachedPath, isCached, modelCache, sha256Of } from "./cache.ts";
import { type ModelConfig, parseConfig } from "./config.ts";
import { defaultModel } from "./defaultModel.ts";
import { originalPath } from "./fetchOriginal.ts";
import { type Model, modelFromSafetensors } from "./fromBytes.ts";
import { type OriginalModel, originalModels } from "./originals.ts";
import { type PublishedModel, publishedModels } from "./registry.ts";

/** A model that can be asked for by name. */
export interface ListedModel {
  readonly name: string;
  /** Whether it is the one that is used when none is named. */
  readonly isDefault: boolean;
  /** With the package, fetched, or published but not on this machine. */
  readonly place: "bundled" | "cached" | "remote";
  /** Where its weights lie, or would if they were fetched. */
  readonly path: string;
  /** Size of the weights in bytes; of another system's that is not here, about. */
  readonly size: number;
  /** Undefined if the file cannot be read. */
  readonly config: ModelConfig | undefined;
}

/** Where models are looked for. */
export interface InventoryOptions {
  /** Folder of fetched models; {@link modelCache} by default. */
  readonly cache?: string;
  /** {@link publishedModels} by default. */
  readonly published?: readonly PublishedModel[];
  /** {@link originalModels} by default. */
  readonly originals?: readonly OriginalModel[];
}

/** All models that have names: the bundled ones, then the published ones, then those of other systems. */
export async function listModels(options: InventoryOptions = {}): Promise<readonly ListedModel[]> {
  const { cache = modelCache(), published = publishedModels, originals = originalModels } = options;
  const models: ListedModel[] = [];
  for (const name of await bundledModels()) {
    const path = bundledPath(name);
    const { size } = await stat(path);
    const config = await configOf(path);
    models.push({ name, isDefault: name === defaultModel, place: "bundled", path, size, config });
  }
  for (const model of published) {
    const { name, config, weights } = model;
    const place = (await isCached(model, cache)) ? "cached" : "remote";
    const path = cachedPath(model, cache);
    const isDefault = name === defaultModel;
    models.push({ name, isDefault, place, path, size: weights.size, config });
  }
  for (const model of originals) {
    const { name, config, files } = model;
    const path = originalPath(model, cache);
    const found = await stat(path).catch(() => undefined);
    const place = found ? "cached" : "remote";
    const size = found?.size ?? files.reduce((sum, { about }) => sum + about, 0);
    models.push({ name, isDefault: false, place, path, size, config });
  }
  return models;
}

/** The configuration in a file of ours, of which only the beginning is read. */
export async function configOf(path: string): Promise<ModelConfig | undefined> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      const { buffer: start } = await file.read(Buffer.alloc(8), 0, 8, 0);
      const head = Buffer.alloc(Math.min(size, safetensorsHeadSize(start)));
      await file.read(head, 0, head.length, 0);
      return parseConfig(readSafetensorsMetadata(head));
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof WeightsError || isSystemError(error)) return undefined;
    throw error;
  }
}

/** What became of looking at a model's file. */
export type Verdict =
  | { readonly kind: "good"; readonly by: "checksum" | "content" }
  | { readonly kind: "absent" }
  | { readonly kind: "bad"; readonly reason: string };

/**
 * Looks whether a bundled or a fetched model is as it should be: its checksum, and for bundled ones also that its
 * tensors are those of its network, and finite. A bundled model of which no checksum is known is judged by these alone.
 */
export async function verifyModel(
  { name, place, path }: ListedModel,
  options: InventoryOptions = {},
): Promise<Verdict> {
  try {
    if (place === "bundled") return await verifyBundled(name, path);
    const { published = publishedModels, originals = originalModels } = options;
    if (originals.some((model) => model.name === name)) {
      if (place === "remote") return { kind: "absent" };
      checkModel(modelFromSafetensors(await readFile(path)));
      return { kind: "good", by: "content" };
    }
    const weights = published.find((model) => model.name === name)?.weights;
    const found = await stat(path).catch(() => undefined);
    if (!found || !weights) return { kind: "absent" };
    if (found.size !== weights.size) {
      return bad(`it has ${found.size} bytes instead of ${weights.size}`);
    }
    return byChecksum(await sha256Of(path), weights.sha256);
  } catch (error) {
    if (!(error instanceof XumxError) && !isSystemError(error)) throw error;
    return bad(error.message);
  }
}

async function verifyBundled(name: string, path: string): Promise<Verdict> {
  const expected = await bundledChecksum(name);
  const verdict: Verdict = expected
    ? byChecksum(await sha256Of(path), expected)
    : { kind: "good", by: "content" };
  if (verdict.kind === "good") checkModel(modelFromSafetensors(await readFile(path)));
  return verdict;
}

/** @throws WeightsError unless the tensors are those of the configured network */
function checkModel({ config, state }: Model): void {
  checkState(state, familyOf(config.family).expectedTensors(config, state));
}

function byChecksum(found: string, expected: string): Verdict {
  return found === expected
    ? { kind: "good", by: "checksum" }
    : bad("its checksum is not the right one");
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}

function bad(reason: string): Verdict {
  return { kind: "bad", reason };
}
