/** A separator from a model's name or path (Node): the work of loading is done, and its memory left, in another thread. */
import { fileURLToPath } from "node:url";
import { orAborted } from "../abort.ts";
import { ArgumentError, ThreadError, WeightsError } from "../errors.ts";
import {
  defaultModel,
  type FindModelOptions,
  type FoundModel,
  findModel,
} from "../models/index.ts";
import { startThread } from "../threads/node.ts";
import { checkOpenOptions, modelAtHand, type OpenSeparatorOptions } from "./openOptions.ts";
import type { PreparedModel } from "./preparedModel.ts";
import { Separator } from "./separator.ts";
import { EarlyWorkers, inWorkers } from "./workers.ts";

/** What the thread that loads is asked. */
export interface ModelProtocol {
  readonly prepare: { readonly request: FoundModel; readonly answer: PreparedModel };
}

/**
 * Memory for the objects of a model that is being read, MiB: tens of times what any good file needs. Its numbers lie in
 * typed arrays, which do not count.
 */
const HEAP = 128;

/**
 * Loads a model and starts a separator whose engines run in worker threads, in Node and in browsers.
 *
 * In Node a published model that is not on this machine is fetched, unless `loading` forbids it.
 *
 * @example
 * const separator = await openSeparator({ model: "xumx-slicq-realtime", threads: 2 });
 * @throws what {@link loadModel} and {@link Separator.create} throw; {@link AbortError} if the signal in `loading` fires.
 */
export async function openSeparator(options: OpenSeparatorOptions = {}): Promise<Separator> {
  const { model = defaultModel, loading = {}, assets: _, ...others } = checkOpenOptions(options);
  const { signal, ...unhurried } = loading;
  const start = async () => {
    if (typeof model !== "string" && !(model instanceof URL)) {
      return Separator.create(await modelAtHand(model), others, inWorkers);
    }
    await using early = new EarlyWorkers(others);
    const prepared = await prepareAt(model, loading);
    const again = () => prepareAt(model, unhurried);
    return await Separator.start(prepared, again, others, early.factory);
  };
  const starting = start();
  try {
    return await orAborted(starting, signal);
  } catch (error) {
    void starting.then((separator) => separator.close()).catch(() => undefined);
    throw error;
  }
}

/**
 * Finds a model by its name or place, and prepares it in a thread of its own.
 * @throws what {@link loadModel} throws; {@link AbortError}
 */
export async function prepareAt(
  model: string | URL,
  loading: FindModelOptions,
): Promise<PreparedModel> {
  const path = typeof model === "string" ? model : pathOf(model);
  return prepareInThread(await findModel(path, loading), loading.signal);
}

function pathOf(url: URL): string {
  if (url.protocol === "file:") return fileURLToPath(url);
  throw new ArgumentError(
    `model must be on this machine, not at ${url.href}.`,
    "Fetch it, and give its bytes or its path.",
  );
}

async function prepareInThread(found: FoundModel, signal?: AbortSignal): Promise<PreparedModel> {
  await using thread = startThread<ModelProtocol>(new URL("./modelWorker.js", import.meta.url), {
    ...{ name: "The thread that loads the model", ending: "at once", heap: HEAP },
  });
  try {
    return await thread.ask("prepare", found, { signal });
  } catch (error) {
    if (!(error instanceof ThreadError && error.code === "out-of-memory")) throw error;
    throw new WeightsError(
      "weights-corrupt",
      `${found.source}: reading it takes more memory than any model needs.`,
      "Get the file again from where it came from.",
      { cause: error },
    );
  }
}
