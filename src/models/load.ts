/** Finds a model on disk, by name or by path, and loads it. The only file here that needs a file system. */
import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { WeightsError } from "../errors.ts";
import { defaultModel } from "./defaultModel.ts";
import { type Model, modelFromPth, modelFromSafetensors } from "./fromBytes.ts";

/** A model and the file it came from. */
export interface LoadedModel extends Model {
  /** Path of the weights. */
  readonly source: string;
}

/** The package's folder of models; the same seen from `src/models` and from `dist/models`. */
const bundledDir = fileURLToPath(new URL("../../models/", import.meta.url));

const bundledFile = "model.safetensors";
const originalFile = "xumx_slicq_v2.pth";

/** Names of the models that came with the package, sorted. */
export async function bundledModels(): Promise<readonly string[]> {
  const entries = await readdir(bundledDir, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && existsSync(join(bundledDir, entry.name, bundledFile)))
    .map((entry) => entry.name)
    .sort();
}

/**
 * Loads a model.
 *
 * `pathOrName` is the name of a bundled model; or a folder with `model.safetensors`, one single
 * `*.safetensors`, or the original's `xumx_slicq_v2.pth` and `.json`; or a `.safetensors` file; or a `.pth`
 * file with its `.json` of the same name beside it. A bundled name wins over a folder of that name:
 * write `./name` for the folder.
 *
 * @throws WeightsError `weights-missing` if there is no such model, listing the names there are; `unreadable`;
 * `weights-corrupt`; `weights-mismatch`. Messages begin with the path of the file at fault.
 */
export async function loadModel(pathOrName: string = defaultModel): Promise<LoadedModel> {
  const source = await findWeights(pathOrName);
  if (extname(source).toLowerCase() === ".safetensors") {
    const weights = await readBytes(source);
    return inFile(source, () => ({ ...modelFromSafetensors(weights), source }));
  }
  const configFile = join(dirname(source), `${basename(source, extname(source))}.json`);
  const weights = await readBytes(source);
  const configuration = await readBytes(configFile);
  const name = basename(dirname(resolve(source))) || basename(source, extname(source));
  return inFile(source, () => ({ ...modelFromPth(weights, configuration, name), source }));
}

/** The file of weights that `pathOrName` means. */
async function findWeights(pathOrName: string): Promise<string> {
  const bundled = await bundledModels();
  if (bundled.includes(pathOrName)) return join(bundledDir, pathOrName, bundledFile);
  const found = await stat(pathOrName).catch((cause: unknown) => {
    if (isSystemError(cause) && cause.code !== "ENOENT") throw unreadable(pathOrName, cause);
    throw new WeightsError(
      "weights-missing",
      `There is no model ${JSON.stringify(pathOrName)}, neither in the package nor on disk.`,
      `Give a path, or one of the bundled models: ${bundled.join(", ") || "(none)"}.`,
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
  if (names.includes(originalFile)) return join(pathOrName, originalFile);
  if (candidates.length === 1) return join(pathOrName, candidates[0]);
  throw candidates.length > 1
    ? new WeightsError(
        "weights-missing",
        `${pathOrName}: which of ${candidates.join(", ")} is meant?`,
        "Give the path of one of them.",
      )
    : new WeightsError(
        "weights-missing",
        `${pathOrName}: the folder holds no weights.`,
        `It should hold ${bundledFile}, or ${originalFile} and its json.`,
      );
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    if (isSystemError(cause) && cause.code === "ENOENT") {
      throw new WeightsError(
        "weights-missing",
        `${path}: there is no such file.`,
        extname(path) === ".json"
          ? "A .pth needs its .json beside it, of the same name."
          : undefined,
        { cause },
      );
    }
    throw unreadable(path, cause);
  }
}

/** Runs `parse`; complaints about weights then begin with the path. */
function inFile<T>(path: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof WeightsError)) throw error;
    throw new WeightsError(error.code, `${path}: ${error.message}`, error.hint, { cause: error });
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
