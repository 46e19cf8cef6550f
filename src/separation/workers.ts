/** Engines in worker threads (Node): one per core, so that transforms, network and phase of several pieces run at once. */
import { SHARE_ENV, Worker } from "node:worker_threads";
import { RuntimeError } from "../errors.ts";
import { chosenDevice } from "../runtime/index.ts";
import type { Analysed, Engine, EngineTimes, Piece, PieceStems, WindowSpatial } from "./piece.ts";
import type { PreparedModel } from "./preparedModel.ts";
import { fromSent, type SentError } from "./sentError.ts";
import type { EngineFactory, EngineSetup, RuntimeReport } from "./separator.ts";

/** More workers than this only cost memory; further threads go into each worker's network. */
const MOST_WORKERS = 4;

/** Whether a worker uses the GPU. ONNX Runtime 1.30 crashes where two threads of a program use WebGPU at once. */
let gpuIsTaken = false;

/** What a worker is asked to do. The first message of all is {@link Start}. */
export type Request =
  | { readonly kind: "analyse"; readonly piece: Piece }
  | {
      readonly kind: "synthesise";
      readonly id: number;
      readonly spatial: readonly WindowSpatial[];
      readonly into: PieceStems;
    }
  | { readonly kind: "reset" }
  | { readonly kind: "times" }
  | { readonly kind: "close" };

export interface Start {
  readonly model: PreparedModel;
  readonly setup: EngineSetup;
}

/** A worker's answer to its requests, in their order; the first answers the start. */
export type Answer =
  | { readonly kind: "started"; readonly runtime: RuntimeReport }
  | { readonly kind: "analysed"; readonly analysed: Analysed }
  | { readonly kind: "synthesised"; readonly stems: PieceStems }
  | { readonly kind: "times"; readonly times: EngineTimes }
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly error: SentError };

/** Engines in worker threads; takes the model's weights away. Threads beyond the number of workers go into the networks. */
export const inWorkers: EngineFactory = async (model, setup) => {
  const gpu = chosenDevice(setup.device) !== "cpu";
  if (gpu && gpuIsTaken) {
    throw new RuntimeError(
      "device-unavailable",
      "Another separator of this program uses the GPU.",
      "Close that one first, or use the device cpu.",
    );
  }
  const count = gpu ? 1 : Math.min(setup.threads, MOST_WORKERS);
  const threads = Math.floor(setup.threads / count);
  // Each worker gets weights of its own, the last one the original: moved, so that no copy stays behind here.
  const { weights } = model;
  const engines = Array.from({ length: count }, (_, i) => {
    const data = i === count - 1 ? weights.data : weights.data.slice();
    const own = { ...model, weights: { ...weights, data } };
    return new WorkerEngine({ model: own, setup: { ...setup, threads } }, () => {
      if (gpu) gpuIsTaken = false;
    });
  });
  gpuIsTaken ||= gpu;
  try {
    const [runtime] = await Promise.all(engines.map((engine) => engine.started()));
    return { engines, runtime };
  } catch (error) {
    await Promise.all(engines.map((engine) => engine.terminate()));
    throw error;
  }
};

interface Pending {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

class WorkerEngine implements Engine {
  readonly #worker: Worker;
  readonly #pending: Pending[] = [];
  readonly #started: Promise<Answer>;
  readonly #onEnd: () => void;
  #failure: Error | undefined;

  constructor(start: Start, onEnd: () => void) {
    this.#onEnd = onEnd;
    // The environment is shared so that the runtime's settings in it reach the runtime.
    this.#worker = new Worker(new URL("./pieceWorker.js", import.meta.url), { env: SHARE_ENV });
    this.#worker.postMessage(start, [start.model.weights.data.buffer]);
    this.#worker.on("message", (answer: Answer) => this.#settle(answer));
    this.#worker.on("error", (cause) => this.#fail(cause));
    this.#worker.on("exit", (code) => this.#fail(new Error(`it ended with code ${code}`)));
    this.#started = this.#expect();
  }

  async started(): Promise<RuntimeReport> {
    const answer = await this.#started;
    if (answer.kind !== "started") throw unexpected(answer);
    return answer.runtime;
  }

  async analyse(piece: Piece): Promise<Analysed> {
    const answer = await this.#ask({ kind: "analyse", piece }, piece.samples);
    if (answer.kind !== "analysed") throw unexpected(answer);
    return answer.analysed;
  }

  async synthesise(
    id: number,
    spatial: readonly WindowSpatial[],
    into: PieceStems,
  ): Promise<PieceStems> {
    const answer = await this.#ask({ kind: "synthesise", id, spatial, into }, into);
    if (answer.kind !== "synthesised") throw unexpected(answer);
    return answer.stems;
  }

  async reset(): Promise<void> {
    // After a failure there is nothing to forget.
    if (!this.#failure) await this.#ask({ kind: "reset" });
  }

  async times(): Promise<EngineTimes> {
    const answer = await this.#ask({ kind: "times" });
    if (answer.kind !== "times") throw unexpected(answer);
    return answer.times;
  }

  async close(): Promise<void> {
    if (!this.#failure) await this.#ask({ kind: "close" });
    await this.terminate();
  }

  async terminate(): Promise<void> {
    this.#worker.removeAllListeners("exit");
    await this.#worker.terminate();
    this.#onEnd();
  }

  /** Sends a request; the arrays in `moved` go over to the worker. */
  #ask(request: Request, moved: readonly Float32Array<ArrayBuffer>[] = []): Promise<Answer> {
    if (this.#failure) return Promise.reject(this.#failure);
    const answer = this.#expect();
    this.#worker.postMessage(
      request,
      moved.map((array) => array.buffer),
    );
    return answer;
  }

  #expect(): Promise<Answer> {
    return new Promise((resolve, reject) => this.#pending.push({ resolve, reject }));
  }

  #settle(answer: Answer): void {
    const pending = this.#pending.shift();
    if (answer.kind === "failed") {
      pending?.reject(fromSent(answer.error));
    } else {
      pending?.resolve(answer);
    }
  }

  #fail(cause: unknown): void {
    const reason = cause instanceof Error ? cause.message : String(cause);
    this.#failure ??= new RuntimeError(
      "runtime-failed",
      `A worker thread stopped: ${reason}.`,
      "There may be too little memory: use fewer threads.",
      { cause },
    );
    for (const { reject } of this.#pending.splice(0)) reject(this.#failure);
  }
}

function unexpected(answer: Answer): RuntimeError {
  return new RuntimeError(
    "runtime-failed",
    `A worker thread gave an unexpected answer: ${answer.kind}.`,
  );
}
