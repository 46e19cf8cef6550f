/** A separator from a model's name or path (Node): the work of loading is done, and its memory left, in another thread. */
import { fileURLToPath } from "node:url";
import { orAborted } from "../abort.ts";
import { ArgumentError } from "../errors.ts";
import {
  defaultModel,
  type FindModelOptions,
  type FoundModel,
  findModel,
} from "../models/index.ts";
import { chosenDevice } from "../runtime/index.ts";
import { ModelThread } from "./modelThread.ts";
import { checkOpenOptions, modelAtHand, type OpenSeparatorOptions } from "./openOptions.ts";
import type { PreparedModel } from "./preparedModel.ts";
import { Separator } from "./separator.ts";
import { EarlyWorkers, inWorkers } from "./workers.ts";

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
    // The thread that is waited for longest begins first.
    await using thread = new ModelThread();
    await using early = new EarlyWorkers(others);
    const outline = await thread.outline(await findAt(model, loading), signal);
    const numbers = thread.numbers(signal);
    // Told below, if anything else was not wrong before.
    numbers.catch(() => undefined);
    const again = () => prepareAt(model, unhurried);
    if (outline.context === "whole song" || chosenDevice(others.device) !== "cpu") {
      const data = await numbers;
      const prepared = { ...outline, weights: { ...outline.weights, data } };
      return await Separator.start(prepared, again, others, inWorkers, early.factory());
    }
    return await Separator.start(outline, again, others, inWorkers, early.factory(numbers));
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
  const { signal } = loading;
  await using thread = new ModelThread();
  const outline = await thread.outline(await findAt(model, loading), signal);
  const data = await thread.numbers(signal);
  return { ...outline, weights: { ...outline.weights, data } };
}

function findAt(model: string | URL, loading: FindModelOptions): Promise<FoundModel> {
  return findModel(typeof model === "string" ? model : pathOf(model), loading);
}

function pathOf(url: URL): string {
  if (url.protocol === "file:") return fileURLToPath(url);
  throw new ArgumentError(
    `model must be on this machine, not at ${url.href}.`,
    "Fetch it, and give its bytes or its path.",
  );
}
