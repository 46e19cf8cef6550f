/** The thread of {@link openSeparator}: loads and prepares one model, hands it over, and is ended. */
import { parentPort, workerData } from "node:worker_threads";
import { readModel } from "../models/index.ts";
import type { Loaded } from "./openSeparator.ts";
import { prepareModel } from "./preparedModel.ts";
import { sentError } from "./sentError.ts";

try {
  const model = prepareModel(await readModel(workerData));
  const loaded: Loaded = { kind: "loaded", model };
  parentPort?.postMessage(loaded, [model.weights.data.buffer]);
} catch (error) {
  const failed: Loaded = { kind: "failed", error: sentError(error) };
  parentPort?.postMessage(failed);
}
