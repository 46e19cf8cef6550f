/** Weights of the user's own, kept on this machine. */
import { ArgumentError } from "xumx-slicq";
import type { ModelFacts, ModelFiles } from "../studio/protocol.ts";
import { hexadecimal } from "./fetchWeights.ts";
import type { WeightCache } from "./weightCache.ts";

/** A model of the user's, as it is kept. */
export interface OwnModel {
  readonly id: string;
  readonly bytes: number;
  readonly facts: ModelFacts;
  readonly kind: ModelFiles["kind"];
}

const PREFIX = "own";
const nameOf = (id: string, part: "facts" | "weights" | "configuration") =>
  `${PREFIX}:${id}:${part}`;

/**
 * The model among files: one .safetensors, or a .pth with the .json of the same name, or the only one.
 * @throws {ArgumentError} for other files.
 */
export function modelAmong(files: readonly File[]): ModelFiles {
  const withEnding = (ending: string) =>
    files.filter(({ name }) => name.toLowerCase().endsWith(ending));
  const [safetensors] = withEnding(".safetensors");
  if (safetensors) return { kind: "safetensors", weights: safetensors };
  const [weights] = withEnding(".pth");
  const name = weights?.name.replace(/\.pth$/i, "");
  const json = withEnding(".json");
  const configuration = json.find((file) => file.name === `${name}.json`) ?? json[0];
  if (weights && name && configuration) return { kind: "pth", weights, configuration, name };
  throw new ArgumentError(
    weights ? "The weights come without their .json." : "There are no weights among these files.",
    "Give a .safetensors file of this program, or the original's .pth and .json together.",
  );
}

/** Keeps a model. */
export async function keepOwn(
  cache: WeightCache,
  files: ModelFiles,
  facts: ModelFacts,
): Promise<OwnModel> {
  const id = await identityOf(files);
  const bytes = files.weights.size;
  const own: OwnModel = { id, bytes, facts, kind: files.kind };
  await cache.put(nameOf(id, "weights"), files.weights);
  if (files.kind === "pth") await cache.put(nameOf(id, "configuration"), files.configuration);
  // Last: a model is on the shelf when it is whole.
  await cache.put(nameOf(id, "facts"), new Blob([JSON.stringify(own)]));
  return own;
}

/** All models that were kept. */
export async function ownModels(cache: WeightCache): Promise<readonly OwnModel[]> {
  const names = (await cache.names()).filter((name) => /^own:.*:facts$/.test(name));
  const kept = await Promise.all(names.map((name) => cache.get(name)));
  const texts = await Promise.all(kept.map((blob) => blob?.text()));
  return texts.flatMap((text): OwnModel[] => (text ? [JSON.parse(text)] : []));
}

/** The files of a model; undefined if they are gone. */
export async function filesOfOwn(
  cache: WeightCache,
  own: OwnModel,
): Promise<ModelFiles | undefined> {
  const weights = await cache.get(nameOf(own.id, "weights"));
  if (!weights) return undefined;
  if (own.kind === "safetensors") return { kind: "safetensors", weights };
  const configuration = await cache.get(nameOf(own.id, "configuration"));
  return configuration && { kind: "pth", weights, configuration, name: own.facts.name };
}

export async function forgetOwn(cache: WeightCache, { id }: OwnModel): Promise<void> {
  for (const part of ["facts", "weights", "configuration"] as const) {
    await cache.remove(nameOf(id, part));
  }
}

/** The same files have the same id. */
async function identityOf(files: ModelFiles): Promise<string> {
  const parts = files.kind === "pth" ? [files.weights, files.configuration] : [files.weights];
  const bytes = await new Blob(parts).arrayBuffer();
  if (!globalThis.crypto?.subtle) return `${bytes.byteLength}`;
  return hexadecimal(await crypto.subtle.digest("SHA-256", bytes)).slice(0, 16);
}
