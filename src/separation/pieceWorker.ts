/** The worker thread's side of {@link inWorkers}: one engine that answers requests in their order. */
import { parentPort } from "node:worker_threads";
import { loadRuntime } from "../runtime/index.ts";
import { PieceEngine } from "./pieceEngine.ts";
import { sentError } from "./sentError.ts";
import type { Answer, Request, Start } from "./workers.ts";

/** Sends an answer; the arrays in `moved` go over to the other thread. */
function send(answer: Answer, moved: readonly Float32Array<ArrayBuffer>[] = []): void {
  parentPort?.postMessage(
    answer,
    moved.map((array) => array.buffer),
  );
}

async function start({ model, setup }: Start): Promise<PieceEngine> {
  const runtime = await loadRuntime(setup.runtime);
  const engine = await PieceEngine.create(model, runtime, setup);
  const { name, version, notice } = runtime;
  send({ kind: "started", runtime: { name, version, device: engine.device, notice } });
  return engine;
}

async function answer(engine: PieceEngine, request: Request): Promise<void> {
  switch (request.kind) {
    case "analyse": {
      const analysed = await engine.analyse(request.piece);
      return send({ kind: "analysed", analysed }, analysed.samples);
    }
    case "synthesise": {
      const stems = await engine.synthesise(request.id, request.spatial, request.into);
      return send({ kind: "synthesised", stems }, stems);
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

// The first message is the start, all others are requests. Answers must come in the order of the requests.
let engine: PieceEngine | undefined;
let last = Promise.resolve();
parentPort?.on("message", (message: Start | Request) => {
  last = last
    .then(async () => {
      if ("model" in message) engine = await start(message);
      else if (engine) await answer(engine, message);
      else throw new Error("the engine was not started");
    })
    .catch((error: unknown) => send({ kind: "failed", error: sentError(error) }));
});
