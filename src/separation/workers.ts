/** Engines in worker threads of Node. */

import { chosenDevice } from "../runtime/index.ts";
import type { Client } from "../threads/index.ts";
import { startThread } from "../threads/node.ts";
import type { EngineFactory } from "./crew.ts";
import { engineCount, engineThread, inThreads } from "./engineThreads.ts";
import type { PieceProtocol } from "./pieceProtocol.ts";
import type { SeparatorOptions } from "./separatorOptions.ts";
import { openTemporaryDisk } from "./temporaryDisk.ts";

/** Engines keep their numbers in few large arrays: a young heap of 3 MiB costs no time, and saves 35 MB each. */
const YOUNG_HEAP = 3;

function start(): Client<PieceProtocol> {
  const manner = { ...engineThread, youngHeap: YOUNG_HEAP };
  return startThread<PieceProtocol>(new URL("./pieceWorker.js", import.meta.url), manner);
}

/** Engines in worker threads; takes the model's weights away. Threads beyond the number of workers go into the networks. */
export const inWorkers: EngineFactory = inThreads(start, openTemporaryDisk);

/** Worker threads that start, and load the tensor runtime, while their model is still being loaded. */
export class EarlyWorkers implements AsyncDisposable {
  readonly #waiting: Client<PieceProtocol>[];

  /** @param options of the separator to come */
  constructor(options: Pick<SeparatorOptions, "threads" | "runtime" | "device">) {
    const { threads = 1, runtime = "auto", device } = options;
    this.#waiting = Array.from({ length: engineCount(threads) }, start);
    // With a GPU the program's first session must be made in another way.
    if (chosenDevice(device) !== "cpu") return;
    // What fails here fails again, and is told, when the engine is started.
    for (const client of this.#waiting) client.ask("warm", runtime).catch(() => undefined);
  }

  /**
   * Engines in them.
   * @param numbers those of the weights, if the model comes without.
   */
  factory(numbers?: Promise<Float32Array<ArrayBuffer>>): EngineFactory {
    return inThreads(() => this.#waiting.pop() ?? start(), openTemporaryDisk, numbers);
  }

  /** Ends those that were not taken. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#waiting.splice(0).map((client) => client.close()));
  }
}
