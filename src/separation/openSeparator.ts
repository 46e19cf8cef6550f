/** A separator from a model's name or path (Node): the work of loading is done, and its memory left, in another thread. */

import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { ArgumentError, RuntimeError } from "../errors.ts";
import { defaultModel, type FoundModel, findModel } from "../models/index.ts";
import { checkOpenOptions, modelAtHand, type OpenSeparatorOptions } from "./openOptions.ts";
import type { PreparedModel } from "./preparedModel.ts";
import { fromSent, type SentError } from "./sentError.ts";
import { Separator } from "./separator.ts";
import { inWorkers } from "./workers.ts";

/** What {@link openSeparator}'s thread answers. */
export type Loaded =
  | { readonly kind: "loaded"; readonly model: PreparedModel }
  | { readonly kind: "failed"; readonly error: SentError };

/**
 * Loads a model and starts a separator whose engines run in worker threads, in Node and in browsers.
 *
 * In Node a published model that is not on this machine is fetched, unless `loading` forbids it.
 *
 * @example
 * const separator = await openSeparator({ model: "xumx-slicq-realtime", threads: 2 });
 * @throws what {@link loadModel} and {@link Separator.create} throw.
 */
export async function openSeparator(options: OpenSeparatorOptions = {}): Promise<Separator> {
  const { model = defaultModel, loading, ...others } = checkOpenOptions(options);
  if (typeof model !== "string" && !(model instanceof URL)) {
    return Separator.create(await modelAtHand(model), others, inWorkers);
  }
  const found = await findModel(typeof model === "string" ? model : pathOf(model), loading);
  return Separator.start(await loadInThread(found), others, inWorkers);
}

function pathOf(url: URL): string {
  if (url.protocol === "file:") return fileURLToPath(url);
  throw new ArgumentError(
    `model must be on this machine, not at ${url.href}.`,
    "Fetch it, and give its bytes or its path.",
  );
}

async function loadInThread(found: FoundModel): Promise<PreparedModel> {
  const worker = new Worker(new URL("./modelWorker.js", import.meta.url), {
    workerData: found,
  });
  const answer = await new Promise<Loaded>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) =>
      reject(new RuntimeError("runtime-failed", `Loading the model ended with code ${code}.`)),
    );
  });
  await worker.terminate();
  if (answer.kind === "failed") throw fromSent(answer.error);
  return answer.model;
}
