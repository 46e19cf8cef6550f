/** Where fetched models lie on this machine. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, rm, stat, writeFile } from "node:fs/promises";
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

/**
 * Whether a published model was fetched: whether its file is there, whole and right. The checksum is computed once for
 * each version of the file, which its size and time tell; a note beside the file remembers it.
 */
export async function isCached(
  model: PublishedModel,
  cache: string = modelCache(),
): Promise<boolean> {
  const path = cachedPath(model, cache);
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  if (!found?.isFile() || Number(found.size) !== model.weights.size) return false;
  const version = `${model.weights.sha256} ${found.size} ${found.mtimeNs} ${found.ctimeNs}\n`;
  const known = await readFile(checkedNote(path), "utf8").catch(() => "");
  if (known === version) return true;
  if ((await sha256Of(path).catch(() => "")) !== model.weights.sha256) return false;
  // A cache that cannot be written to is computed again each time.
  await writeFile(checkedNote(path), version).catch(() => {});
  return true;
}

/** Where it is noted which version of a file was found right. */
function checkedNote(path: string): string {
  return `${path}.checked`;
}

/** The checksum of a file, hexadecimal. @throws system errors */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest("hex");
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
  for (const each of [path, remainder(path), checkedNote(path)]) {
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
