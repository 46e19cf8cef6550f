/** The worker thread's side of {@link inWorkers}: one engine that answers requests in their order. */
import { parentPort, workerData } from "node:worker_threads";
import { XumxError } from "../errors.ts";
import { loadRuntime } from "../runtime/index.ts";
import { PieceEngine } from "./pieceEngine.ts";
import type { Answer, Request, SentError, Start } from "./workers.ts";

function send(answer: Answer, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(answer, transfer);
}

function sentError(error: unknown): SentError {
  if (error instanceof XumxError) {
    return { code: error.code, message: error.message, hint: error.hint };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: "runtime-failed", message, hint: undefined };
}

async function start({ model, setup }: Start): Promise<PieceEngine> {
  const runtime = await loadRuntime(setup.runtime);
  const engine = await PieceEngine.create(model, runtime, setup);
  const { name, version, notice } = runtime;
  send({ kind: "started", runtime: { name, version, notice } });
  return engine;
}

async function answer(engine: PieceEngine, request: Request): Promise<void> {
  switch (request.kind) {
    case "analyse":
      return send({ kind: "analysed", statistics: await engine.analyse(request.piece) });
    case "synthesise": {
      const stems = await engine.synthesise(request.id, request.spatial);
      const buffers = stems.map((stem) => stem.buffer).filter((b) => b instanceof ArrayBuffer);
      return send({ kind: "synthesised", stems }, buffers);
    }
    case "reset":
      await engine.reset();
      return send({ kind: "done" });
    case "times":
      return send({ kind: "times", times: await engine.times() });
    case "close":
      await engine.close();
      return send({ kind: "done" });
  }
}

const engine = start(workerData);
engine.catch((error: unknown) => send({ kind: "failed", error: sentError(error) }));

// One after the other: answers must come in the order of the requests.
let last: Promise<void> = engine.then(
  () => undefined,
  () => undefined,
);
parentPort?.on("message", (request: Request) => {
  last = last
    .then(async () => answer(await engine, request))
    .catch((error: unknown) => send({ kind: "failed", error: sentError(error) }));
});
