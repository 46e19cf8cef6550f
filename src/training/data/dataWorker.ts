/** The worker thread's side of a crew: one engine that answers requests in their order. */
import { parentPort } from "node:worker_threads";
import { sentError } from "../../separation/sentError.ts";
import type { SentAnswer } from "./crew.ts";
import { DataEngine, type DataRequest } from "./engine.ts";
import { buffersOf } from "./moving.ts";

const engine = new DataEngine();
let last = Promise.resolve();

parentPort?.on("message", (request: DataRequest) => {
  last = last
    .then(async () => send(await engine.answer(request)))
    .catch((error: unknown) => send({ kind: "failed", error: sentError(error) }));
});

/** Sends an answer; the arrays of a batch go over to the other thread. */
function send(answer: SentAnswer): void {
  parentPort?.postMessage(answer, answer.kind === "batch" ? buffersOf(answer.batch) : []);
}
