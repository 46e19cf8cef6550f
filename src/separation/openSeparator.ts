/** A separator from a model's name or path (Node): the work of loading is done, and its memory left, in another thread. */
import { Worker } from "node:worker_threads";
import { RuntimeError } from "../errors.ts";
import { defaultModel } from "../models/index.ts";
import type { PreparedModel } from "./preparedModel.ts";
import { fromSent, type SentError } from "./sentError.ts";
import { Separator, type SeparatorOptions } from "./separator.ts";
import { inWorkers } from "./workers.ts";

/** What {@link openSeparator}'s thread answers. */
export type Loaded =
  | { readonly kind: "loaded"; readonly model: PreparedModel }
  | { readonly kind: "failed"; readonly error: SentError };

/**
 * Loads a model and starts a separator whose engines run in worker threads.
 *
 * @param pathOrName a bundled model's name, or a folder or file of weights; see {@link loadModel}.
 * @example
 * const separator = await openSeparator("interim-realtime", { threads: 2 });
 * @throws what {@link loadModel} and {@link Separator.create} throw.
 */
export async function openSeparator(
  pathOrName: string = defaultModel,
  options: SeparatorOptions = {},
): Promise<Separator> {
  return Separator.start(await loadInThread(pathOrName), options, inWorkers);
}

async function loadInThread(pathOrName: string): Promise<PreparedModel> {
  const worker = new Worker(new URL("./modelWorker.js", import.meta.url), {
    workerData: pathOrName,
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
