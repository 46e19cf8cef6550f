/** Fetches the published models of other systems: each file checked, all of them converted once to one file of ours. */
import { readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { throwIfAborted, WeightsError } from "../errors.ts";
import { writeAtomically } from "../files/index.ts";
import { familyOf } from "../networks/index.ts";
import { checkState, writeSafetensors } from "../tensors/index.ts";
import { modelCache } from "./cache.ts";
import { configMetadata } from "./config.ts";
import { checkDownloadOptions, type DownloadOptions, downloadFile, mirrorOf } from "./download.ts";
import type { OriginalFile, OriginalModel } from "./originals.ts";
import { remainder } from "./partialDownload.ts";

/** Where such a model lies in a cache, fetched or not. Its name holds what is known of its files' checksums. */
export function originalPath(model: OriginalModel, cache: string = modelCache()): string {
  return join(cache, `${model.name}-${versionOf(model.files[0])}.safetensors`);
}

function versionOf({ check }: OriginalFile): string {
  if (check.kind === "sha256") return check.begin;
  return check.kind === "git blob" ? check.sha1.slice(0, 8) : "original";
}

/** Whether a model was fetched. */
export async function isOriginalCached(
  model: OriginalModel,
  cache: string = modelCache(),
): Promise<boolean> {
  return stat(originalPath(model, cache)).then(
    (found) => found.isFile(),
    () => false,
  );
}

/**
 * Makes sure that a model is in the cache: fetches what is missing of its files, checks and converts them.
 *
 * @returns the path of the converted weights
 * @throws WeightsError `download-failed`, `checksum-mismatch`; `weights-corrupt` or `weights-mismatch` for a file that is no
 * such model; FileError `unwritable`; AbortError; ArgumentError. Files that have arrived are kept for the next call, except
 * wrong ones.
 */
export async function fetchOriginal(
  model: OriginalModel,
  options: DownloadOptions = {},
): Promise<string> {
  const { cache = modelCache(), signal } = options;
  checkDownloadOptions(options);
  const host = mirrorOf(options.host);
  throwIfAborted(signal);
  const path = originalPath(model, cache);
  if (await isOriginalCached(model, cache)) return path;
  const parts = model.files.map((file) => partPath(model, file, cache));
  for (const [i, file] of model.files.entries()) {
    const { about, check } = file;
    const url = addressOfFile(model, file, host);
    const one = { model: model.name, url, path: parts[i], size: undefined, about, check };
    if (!(await isThere(parts[i]))) await downloadFile(one, options);
  }
  throwIfAborted(signal);
  try {
    const { config, state } = model.convert(await Promise.all(parts.map((part) => readFile(part))));
    const networkTensors = familyOf(config.family).expectedTensors(config, state);
    const own = new Map([...state].filter(([name]) => networkTensors.has(name)));
    checkState(own, networkTensors);
    await writeAtomically(path, writeSafetensors(own, { metadata: configMetadata(config) }));
  } catch (error) {
    if (!(error instanceof WeightsError)) throw error;
    for (const part of parts) await rm(part, { force: true });
    throw new WeightsError(
      error.code,
      `What lies at ${addressOfFile(model, model.files[0], host).host} is not the model ${model.name}: ${error.message} It was thrown away.`,
      "A broken mirror may have answered: try another XUMX_SLICQ_MODEL_HOST, or get the files and give their folder.",
      { cause: error },
    );
  }
  for (const part of parts) await rm(part, { force: true });
  return path;
}

/** Removes a fetched model and what is left of its files. Returns whether there was anything. */
export async function removeOriginal(
  model: OriginalModel,
  cache: string = modelCache(),
): Promise<boolean> {
  let removed = false;
  const parts = model.files.map((file) => partPath(model, file, cache));
  for (const path of [originalPath(model, cache), ...parts, ...parts.map(remainder)]) {
    if (!(await isThere(path))) continue;
    removed = true;
    await rm(path, { force: true }).catch((cause: unknown) => {
      throw new WeightsError("unwritable", `${path} cannot be removed.`, undefined, { cause });
    });
  }
  return removed;
}

/** Where a file is fetched from: its publisher's, or a mirror's folder named as the model. */
function addressOfFile(model: OriginalModel, { url }: OriginalFile, mirror: URL | undefined): URL {
  const own = new URL(url);
  return mirror ? new URL(`${model.name}/${own.pathname.split("/").at(-1)}`, mirror) : own;
}

function partPath(model: OriginalModel, { url }: OriginalFile, cache: string): string {
  return join(cache, `${model.name}.${new URL(url).pathname.split("/").at(-1)}`);
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
