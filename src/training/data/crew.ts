/** Engines that work on data: one in this thread, or several in threads of their own. */
import { Worker } from "node:worker_threads";
import { RuntimeError } from "../../errors.ts";
import { fromSent, type SentError } from "../../separation/sentError.ts";
import { type DataAnswer, DataEngine, type DataRequest } from "./engine.ts";

/** Some engines, as one. */
export interface DataCrew extends AsyncDisposable {
  /** How many requests are worked on at once. */
  readonly size: number;
  /** Has a request answered by whichever engine is free first. */
  ask(request: DataRequest): Promise<DataAnswer>;
  /** Has a request answered by every engine. */
  askAll(request: DataRequest): Promise<void>;
  close(): Promise<void>;
}

/** A crew of `threads` worker threads; of this thread for 0. */
export function makeCrew(threads: number): DataCrew {
  return threads === 0 ? new OwnThread() : new WorkerCrew(threads);
}

class OwnThread implements DataCrew {
  readonly size = 1;
  readonly #engine = new DataEngine();

  ask(request: DataRequest): Promise<DataAnswer> {
    return this.#engine.answer(request);
  }

  async askAll(request: DataRequest): Promise<void> {
    await this.#engine.answer(request);
  }

  async close(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** What a worker sends back. */
export type SentAnswer = DataAnswer | { readonly kind: "failed"; readonly error: SentError };

interface Pending {
  readonly request: DataRequest;
  resolve(answer: DataAnswer): void;
  reject(error: Error): void;
}

class WorkerCrew implements DataCrew {
  readonly #workers: readonly DataWorker[];
  readonly #waiting: Pending[] = [];

  constructor(threads: number) {
    this.#workers = Array.from({ length: threads }, () => new DataWorker(() => this.#dispatch()));
  }

  get size(): number {
    return this.#workers.length;
  }

  ask(request: DataRequest): Promise<DataAnswer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject });
      this.#dispatch();
    });
  }

  async askAll(request: DataRequest): Promise<void> {
    await Promise.all(
      this.#workers.map(
        (worker) => new Promise((resolve, reject) => worker.start({ request, resolve, reject })),
      ),
    );
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Gives waiting requests, in their order, to free workers. */
  #dispatch(): void {
    for (const worker of this.#workers) {
      if (worker.busy) continue;
      const next = this.#waiting.shift();
      if (!next) return;
      worker.start(next);
    }
  }
}

class DataWorker {
  readonly #worker = new Worker(new URL("./dataWorker.js", import.meta.url));
  readonly #pending: Pending[] = [];
  readonly #onFree: () => void;
  #failure: Error | undefined;

  constructor(onFree: () => void) {
    this.#onFree = onFree;
    this.#worker.on("message", (answer: SentAnswer) => {
      const pending = this.#pending.shift();
      if (this.#pending.length === 0) this.#worker.unref();
      if (answer.kind === "failed") pending?.reject(fromSent(answer.error));
      else pending?.resolve(answer);
      this.#onFree();
    });
    this.#worker.on("error", (cause) => this.#fail(cause));
    this.#worker.on("exit", (code) => this.#fail(new Error(`it ended with code ${code}`)));
    this.#worker.unref();
  }

  get busy(): boolean {
    return this.#pending.length > 0;
  }

  start(pending: Pending): void {
    if (this.#failure) {
      pending.reject(this.#failure);
      return;
    }
    // Referenced only while it works, so that an idle crew keeps no program alive.
    this.#worker.ref();
    this.#pending.push(pending);
    this.#worker.postMessage(pending.request);
  }

  async terminate(): Promise<void> {
    this.#fail(new Error("the training has ended"));
    this.#worker.removeAllListeners("exit");
    await this.#worker.terminate();
  }

  #fail(cause: unknown): void {
    const reason = cause instanceof Error ? cause.message : String(cause);
    this.#failure ??= new RuntimeError(
      "runtime-failed",
      `A thread that prepares data stopped: ${reason}.`,
      "There may be too little memory: use fewer workers or smaller batches.",
      { cause },
    );
    for (const { reject } of this.#pending.splice(0)) reject(this.#failure);
  }
}
