/** A separator from a model's name or path (Node): the work of loading is done, and its memory left, in another thread. */
import { Worker } from "node:worker_threads";
import { RuntimeError } from "../errors.ts";
import {
  defaultModel,
  type FindModelOptions,
  type FoundModel,
  findModel,
} from "../models/index.ts";
import type { PreparedModel } from "./preparedModel.ts";
import { fromSent, type SentError } from "./sentError.ts";
import { Separator, type SeparatorOptions } from "./separator.ts";
import { inWorkers } from "./workers.ts";

/** What {@link openSeparator}'s thread answers. */
export type Loaded =
  | { readonly kind: "loaded"; readonly model: PreparedModel }
  | { readonly kind: "failed"; readonly error: SentError };

/** Options of the separator, and how its model may be got. */
export interface OpenSeparatorOptions extends SeparatorOptions {
  /** Whether and how a published model that is not on this machine is fetched. */
  readonly loading?: FindModelOptions;
}

/**
 * Loads a model and starts a separator whose engines run in worker threads.
 *
 * @param pathOrName a bundled or published model's name, or a folder or file of weights; see {@link loadModel}.
 * A published one that is not on this machine is fetched, unless `loading` forbids it.
 * @example
 * const separator = await openSeparator("xumx-slicq-realtime", { threads: 2 });
 * @throws what {@link loadModel} and {@link Separator.create} throw.
 */
export async function openSeparator(
  pathOrName: string = defaultModel,
  { loading, ...options }: OpenSeparatorOptions = {},
): Promise<Separator> {
  const found = await findModel(pathOrName, loading);
  return Separator.start(await loadInThread(found), options, inWorkers);
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
