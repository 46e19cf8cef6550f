/** Engines in worker threads of Node. */
import { startThread } from "../threads/node.ts";
import { engineThread, inThreads } from "./engineThreads.ts";
import type { PieceProtocol } from "./pieceProtocol.ts";
import type { EngineFactory } from "./separator.ts";

/** Engines in worker threads; takes the model's weights away. Threads beyond the number of workers go into the networks. */
export const inWorkers: EngineFactory = inThreads(() =>
  startThread<PieceProtocol>(new URL("./pieceWorker.js", import.meta.url), engineThread),
);
