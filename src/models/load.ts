/** Finds a model, by name or by path, on disk or on the network, and loads it. */
import { createHash } from "node:crypto";
import { open, readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { ArgumentError, WeightsError } from "../errors.ts";
import {
  checkFinite,
  checkPthStart,
  checkSafetensorsHead,
  readCheckpoint,
  readPth,
  safetensorsHeadSize,
} from "../tensors/index.ts";
import { isAsteroid, modelFromAsteroid } from "./asteroid.ts";
import { bundledFile, bundledModels, bundledPath } from "./bundled.ts";
import { cachedPath, isCached, modelCache } from "./cache.ts";
import type { ModelConfig } from "./config.ts";
import { defaultModel } from "./defaultModel.ts";
import {
  addressOf,
  type DownloadOptions,
  downloadModel,
  isOffline,
  withoutPassword,
} from "./download.ts";
import { fetchOriginal, isOriginalCached } from "./fetchOriginal.ts";
import { type Model, modelFromPth, modelFromSafetensors } from "./fromBytes.ts";
import {
  modelFromOpenUnmix,
  separatorFile,
  statedChecksum,
  type TargetWeights,
  targetFiles,
} from "./openUnmix.ts";
import { type OriginalModel, originalModels } from "./originals.ts";
import { type PublishedModel, publishedModels } from "./registry.ts";

/** A model and the file it came from. */
export interface LoadedModel extends Model {
  /** Path of the weights. */
  readonly source: string;
}

/** Where a model's weights lie on this machine. Plain data: may be sent to another thread. */
export interface FoundModel {
  readonly source: string;
  /** The configuration of a published model; all others bring theirs with them. */
  readonly config?: ModelConfig;
}

/** Whether and how a model that is not on this machine is fetched. */
export interface FindModelOptions extends DownloadOptions {
  /**
   * Fetch nothing; by default true if the environment variable XUMX_SLICQ_OFFLINE is set to anything but 0.
   */
  readonly offline?: boolean;
  /** Models that can be fetched by name; {@link publishedModels} by default. */
  readonly published?: readonly PublishedModel[];
  /** Models of other systems that can be fetched by name; {@link originalModels} by default. */
  readonly originals?: readonly OriginalModel[];
}

/** Files from here on, in bytes, are looked at before they are read; of smaller ones that would cost more than it saves. */
const LARGE = 2 ** 25;

/** The weights of both versions of xumx-sliCQ. */
const slicqFiles = ["xumx_slicq_v2.pth", "xumx_slicq.pth"];

/**
 * Loads a model. **A published model that is not on this machine is fetched** (13 to 452 MB, once), unless
 * `offline` or XUMX_SLICQ_OFFLINE forbids it; nothing else uses the network.
 *
 * `pathOrName` is the name of a bundled or a published model; or a folder with `model.safetensors`, one single
 * `*.safetensors`, or the original's `xumx_slicq_v2.pth` and `.json` (of version 1 `xumx_slicq`), or Open-Unmix's `separator.json` and files for each
 * target, or X-UMX's single `.pth` (asteroid's); or a `.safetensors` file; or a `.pth` file with its `.json` of the same name
 * beside it, or X-UMX's. A name wins over a folder of that name: write `./name` for the folder.
 *
 * @throws WeightsError `weights-missing` if there is no such model, listing the names there are; `offline`,
 * `download-failed`, `checksum-mismatch`, `unwritable` ({@link downloadModel}); `unreadable`; `weights-corrupt`;
 * `weights-mismatch`. Messages about files begin with the path of the file at fault. AbortError.
 */
export async function loadModel(
  pathOrName: string = defaultModel,
  options: FindModelOptions = {},
): Promise<LoadedModel> {
  return readModel(await findModel(pathOrName, options));
}

/** The first half of {@link loadModel}: finds a model's file, fetching it if need be. Throws as that. */
export async function findModel(
  pathOrName: string = defaultModel,
  options: FindModelOptions = {},
): Promise<FoundModel> {
  const { published = publishedModels, originals = originalModels } = options;
  const bundled = await bundledModels();
  if (bundled.includes(pathOrName)) return { source: bundledPath(pathOrName) };
  const model = published.find(({ name }) => name === pathOrName);
  if (model) return { source: await publishedFile(model, options), config: model.config };
  const original = originals.find(({ name }) => name === pathOrName);
  if (original) return { source: await originalFile(original, options) };
  const known = [...published, ...originals].map(({ name }) => name);
  return { source: await findWeights(pathOrName, [...bundled, ...known]) };
}

/** The second half of {@link loadModel}: reads and parses the file, of a large one the whole only if its beginning is right. Throws as that. */
export async function readModel({ source, config }: FoundModel): Promise<LoadedModel> {
  if (await isFolder(source)) return { ...(await readOpenUnmix(source)), source };
  const isSafetensors = !config && extname(source).toLowerCase() === ".safetensors";
  if ((await sizeOf(source)) > LARGE) {
    const { bytes, size } = await readHead(source);
    const look = () => {
      if (isSafetensors) checkSafetensorsHead(bytes, size);
      else checkPthStart(bytes);
    };
    aboutFile(source, look, config && refetch);
  }
  const weights = await readBytes(source);
  if (config) {
    return aboutFile(
      source,
      () => ({ config, state: checkFinite(readPth(weights)), source }),
      refetch,
    );
  }
  if (isSafetensors) {
    return aboutFile(source, () => ({ ...modelFromSafetensors(weights), source }));
  }
  const configFile = join(dirname(source), `${basename(source, extname(source))}.json`);
  const configuration = await readBytes(configFile).catch((error: unknown) => {
    // Some say all in the weights themselves.
    if (!(error instanceof WeightsError && error.code === "weights-missing")) throw error;
    return error;
  });
  if (configuration instanceof WeightsError) {
    return aboutFile(source, () => {
      const checkpoint = readCheckpoint(weights);
      if (!isAsteroid(checkpoint)) throw configuration;
      return { ...modelFromAsteroid(checkpoint, nameOfPth(source)), source };
    });
  }
  return aboutFile(source, () => ({
    ...modelFromPth(weights, configuration, nameOfPth(source)),
    source,
  }));
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** A folder of Open-Unmix, whose files' names may state their checksums. */
async function readOpenUnmix(folder: string): Promise<Model> {
  const separator = join(folder, separatorFile);
  const targets: TargetWeights[] = [];
  for (const [target, file] of targetFiles(await readdir(folder))) {
    const path = join(folder, file);
    const weights = await readBytes(path);
    const stated = statedChecksum(file);
    const found = createHash("sha256").update(weights).digest("hex");
    if (stated !== undefined && !found.startsWith(stated)) {
      throw new WeightsError(
        "checksum-mismatch",
        `${path}: its checksum begins with ${found.slice(0, stated.length)}, not as its name says.`,
        "Get the file again, or give it another name.",
      );
    }
    targets.push({ target, weights });
  }
  const json = await readBytes(separator);
  return aboutFile(folder, () =>
    modelFromOpenUnmix(json, targets, basename(resolve(folder)) || "open-unmix"),
  );
}

/** What to call the model in a file of the original's, which does not say: as the folder that it lies in. */
export function nameOfPth(source: string): string {
  return basename(dirname(resolve(source))) || basename(source, extname(source));
}

const refetch = "Delete this file: the model is fetched again when it is next asked for.";

/** A published model's file in the cache, fetched if it is not there and may be. */
async function publishedFile(model: PublishedModel, options: FindModelOptions): Promise<string> {
  const { cache = modelCache(), offline = isOffline() } = options;
  if (!offline || (await isCached(model, cache))) return downloadModel(model, options);
  const why = options.offline ? "it was asked to" : "XUMX_SLICQ_OFFLINE is set";
  throw new WeightsError(
    "offline",
    `The model ${model.name} is not on this machine, and nothing may be fetched (${why}).`,
    `Fetch it when that is allowed (xumx-slicq models pull ${model.name}), or save ` +
      `${withoutPassword(addressOf(model, options.host))} as ${cachedPath(model, cache)}.`,
  );
}

/** The same of another system's model, converted. */
async function originalFile(model: OriginalModel, options: FindModelOptions): Promise<string> {
  const { cache = modelCache(), offline = isOffline() } = options;
  if (!offline || (await isOriginalCached(model, cache))) return fetchOriginal(model, options);
  const why = options.offline ? "it was asked to" : "XUMX_SLICQ_OFFLINE is set";
  throw new WeightsError(
    "offline",
    `The model ${model.name} is not on this machine, and nothing may be fetched (${why}).`,
    `Fetch it when that is allowed (xumx-slicq models pull ${model.name}).`,
  );
}

/** The file of weights that a path means; `known` are what it could have meant instead. */
export async function findWeights(pathOrName: string, known: readonly string[]): Promise<string> {
  const found = await stat(pathOrName).catch((cause: unknown) => {
    if (isSystemError(cause) && cause.code !== "ENOENT") throw unreadable(pathOrName, cause);
    throw new WeightsError(
      "weights-missing",
      `There is no model ${JSON.stringify(pathOrName)}, by name or on disk.`,
      `Give a path, or one of the models: ${known.join(", ") || "(none)"}.`,
      { cause },
    );
  });
  if (found.isFile()) return pathOrName;
  if (!found.isDirectory()) throw unreadable(pathOrName, "neither a file nor a folder");
  const names = await readdir(pathOrName).catch((cause: unknown) => {
    throw unreadable(pathOrName, cause);
  });
  const candidates = names.filter((name) => extname(name).toLowerCase() === ".safetensors").sort();
  if (candidates.includes(bundledFile)) return join(pathOrName, bundledFile);
  const slicqFile = slicqFiles.find((name) => names.includes(name));
  if (slicqFile) return join(pathOrName, slicqFile);
  if (candidates.length === 1) return join(pathOrName, candidates[0]);
  if (names.includes(separatorFile) && targetFiles(names).size > 0) return pathOrName;
  const torch = names.filter((name) => extname(name).toLowerCase() === ".pth");
  if (candidates.length === 0 && torch.length === 1) return join(pathOrName, torch[0]);
  throw candidates.length > 1
    ? new WeightsError(
        "weights-missing",
        `${pathOrName}: which of ${candidates.join(", ")} is meant?`,
        "Give the path of one of them.",
      )
    : new WeightsError(
        "weights-missing",
        `${pathOrName}: the folder holds no weights.`,
        `It should hold ${bundledFile}, or ${slicqFiles[0]} and its json, or a model of Open-Unmix or X-UMX.`,
      );
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (cause) {
    throw missingOrUnreadable(path, cause);
  }
}

/** As much of a large file as tells whether the rest is worth reading, and its size. */
async function readHead(path: string): Promise<{ bytes: Uint8Array; size: number }> {
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    const start = new Uint8Array(8);
    await file.read(start, 0, start.length, 0);
    const bytes = new Uint8Array(Math.min(size, safetensorsHeadSize(start)));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    return { bytes: bytes.subarray(0, bytesRead), size };
  } catch (cause) {
    throw missingOrUnreadable(path, cause);
  }
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw missingOrUnreadable(path, cause);
  }
}

function missingOrUnreadable(path: string, cause: unknown): WeightsError {
  if (!isSystemError(cause) || cause.code !== "ENOENT") return unreadable(path, cause);
  return new WeightsError(
    "weights-missing",
    `${path}: there is no such file.`,
    extname(path) === ".json" ? "A .pth needs its .json beside it, of the same name." : undefined,
    { cause },
  );
}

/**
 * Runs what makes sense of a file's content. Complaints about weights then begin with the file's path, and may get another
 * hint; so do those about arguments, which are the file's (a scale that no transform can have), not the caller's.
 */
export function aboutFile<T>(path: string, action: () => T, hint?: string): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof WeightsError || error instanceof ArgumentError)) throw error;
    const code = error instanceof WeightsError ? error.code : "weights-mismatch";
    throw new WeightsError(code, `${path}: ${error.message}`, hint ?? error.hint, { cause: error });
  }
}

function unreadable(path: string, cause: unknown): WeightsError {
  const reason = isSystemError(cause)
    ? ` (${cause.code})`
    : typeof cause === "string"
      ? ` (${cause})`
      : "";
  return new WeightsError(
    "unreadable",
    `${path}: cannot be read${reason}.`,
    "Check the path and its permissions.",
    { cause },
  );
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error;
}
