/** Engines in worker threads of Node. */

import type { Client } from "../threads/index.ts";
import { startThread } from "../threads/node.ts";
import type { EngineFactory } from "./crew.ts";
import { engineCount, engineThread, inThreads } from "./engineThreads.ts";
import type { PieceProtocol } from "./pieceProtocol.ts";

function start(): Client<PieceProtocol> {
  return startThread<PieceProtocol>(new URL("./pieceWorker.js", import.meta.url), engineThread);
}

/** Engines in worker threads; takes the model's weights away. Threads beyond the number of workers go into the networks. */
export const inWorkers: EngineFactory = inThreads(start);

/** Worker threads that start while their model is still being loaded. */
export class EarlyWorkers implements AsyncDisposable {
  readonly #waiting: Client<PieceProtocol>[];

  /** @param threads of the separator to come */
  constructor(threads: number) {
    this.#waiting = Array.from({ length: engineCount(threads) }, start);
  }

  /** Engines in them first, and in others when they are all taken. */
  readonly factory: EngineFactory = inThreads(() => this.#waiting.pop() ?? start());

  /** Ends those that were not taken. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#waiting.splice(0).map((client) => client.close()));
  }
}
