/** Where fetched models lie on this machine. */
import { rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import envPaths from "env-paths";
import { WeightsError } from "../errors.ts";
import { gatherRemainders, remainder } from "./partialDownload.ts";
import type { PublishedModel } from "./registry.ts";

/**
 * The folder for what can be had again: XUMX_SLICQ_CACHE if that is set, else the platform's folder for caches
 * (`$XDG_CACHE_HOME/xumx-slicq` or `~/.cache/xumx-slicq`, `~/Library/Caches/xumx-slicq`,
 * `%LOCALAPPDATA%\xumx-slicq\Cache`).
 */
export function cacheFolder(
  env: Readonly<Record<string, string | undefined>> = process.env,
): string {
  return resolve(env.XUMX_SLICQ_CACHE || envPaths("xumx-slicq", { suffix: "" }).cache);
}

/** The folder of fetched models: `models` in the {@link cacheFolder}. */
export function modelCache(env?: Readonly<Record<string, string | undefined>>): string {
  return join(cacheFolder(env), "models");
}

/**
 * Where a published model lies in a cache, fetched or not. The name holds the beginning of the checksum, so that a
 * later version's other weights of the same name do not meet these.
 */
export function cachedPath(model: PublishedModel, cache: string = modelCache()): string {
  return join(cache, `${model.name}-${model.weights.sha256.slice(0, 8)}.pth`);
}

/** Whether a published model was fetched: whether its file is there and has the right size. */
export async function isCached(
  model: PublishedModel,
  cache: string = modelCache(),
): Promise<boolean> {
  const found = await stat(cachedPath(model, cache)).catch(() => undefined);
  return found?.isFile() === true && found.size === model.weights.size;
}

/**
 * Removes a fetched model and what unfinished downloads of it left. Returns whether there was anything.
 * @throws WeightsError `unwritable`
 */
export async function removeCached(
  model: PublishedModel,
  cache: string = modelCache(),
): Promise<boolean> {
  const path = cachedPath(model, cache);
  if (!(await isThere(cache))) return false;
  await gatherRemainders(cache);
  let removed = false;
  for (const each of [path, remainder(path)]) {
    if (!(await isThere(each))) continue;
    removed = true;
    await rm(each, { force: true }).catch((cause: unknown) => {
      throw new WeightsError("unwritable", `${each} cannot be removed.`, undefined, { cause });
    });
  }
  return removed;
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
