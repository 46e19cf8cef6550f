/** Where a page's models come from, and the thread that prepares them. */
import { shown } from "../arguments.ts";
import { ArgumentError, WeightsError } from "../errors.ts";
import type { ModelSource, OpenSeparatorOptions } from "../separation/openOptions.ts";
import type { PreparedModel } from "../separation/preparedModel.ts";
import { type AssetAddresses, absolute, modelNames } from "./assets.ts";
import { fetchBytes } from "./fetchBytes.ts";
import { startWorker } from "./runtimeWorker.ts";

type Loading = NonNullable<OpenSeparatorOptions["loading"]>;

/** What prepares a model, once and again if a worker dies. Bytes are kept as a Blob, outside of the page's memory. */
export function preparer(
  model: ModelSource,
  addresses: Pick<AssetAddresses, "worker" | "model">,
  onProgress: Loading["onProgress"],
): (signal?: AbortSignal) => Promise<PreparedModel> {
  // Models are prepared by workers alone: pages need none of the networks' code.
  if (typeof model === "object" && "config" in model) {
    return async (signal) => {
      await using client = startWorker(addresses.worker);
      return await client.ask("prepare", model, { signal });
    };
  }
  let kept: Blob | undefined =
    model instanceof Uint8Array ? new Blob([new Uint8Array(model)]) : undefined;
  if (model instanceof Blob) kept = model;
  return async (signal) => {
    if (!kept) {
      if (typeof model !== "string" && !(model instanceof URL)) throw noModel(model);
      kept = new Blob([await fetchModel(addressOf(model, addresses), signal, onProgress)]);
    }
    const bytes = new Uint8Array(await kept.arrayBuffer());
    await using client = startWorker(addresses.worker);
    return await client.ask("prepare", bytes, { move: [bytes], signal });
  };
}

/** The address of a model by its name, or as it is given. */
function addressOf(model: string | URL, addresses: Pick<AssetAddresses, "model">): URL {
  if (model instanceof URL) return model;
  const address = addresses.model(model);
  if (address) return address;
  if (model.includes("/")) return absolute(model);
  throw new WeightsError(
    "weights-missing",
    `There is no model ${JSON.stringify(model)} by name.`,
    `Give an address, bytes, or one of the models: ${modelNames.join(", ")}.`,
  );
}

function noModel(model: unknown): ArgumentError {
  return new ArgumentError(
    `model must be a name, an address, bytes or a Model, not ${shown(model)}.`,
  );
}

function fetchModel(
  url: URL,
  signal: AbortSignal | undefined,
  onProgress: Loading["onProgress"],
): Promise<Uint8Array<ArrayBuffer>> {
  const failed = (reason: string, cause?: unknown) =>
    new WeightsError(
      "download-failed",
      `The model cannot be fetched from ${url.href}: ${reason}.`,
      'Put the models on your site and name their folder, openSeparator({ assets: "/assets/" }), or give one\'s address.',
      { cause },
    );
  return fetchBytes(url, {
    ...{ signal, failed },
    onProgress: ({ received, total }) => {
      if (total) onProgress?.({ kind: "progress", received, total });
    },
  });
}
