/** Threads of browsers: Web Workers as ports. */
import { ThreadError } from "../errors.ts";
import type { Client } from "./client.ts";
import type { Moved, ThreadPort } from "./port.ts";
import type { Protocol, ToClient } from "./protocol.ts";
import { type Service, serve } from "./service.ts";
import { ThreadClient, type ThreadManner } from "./threadClient.ts";

/**
 * Asks the service of a Web Worker, and owns it. Bundlers find the module of a worker only where its address is written
 * out, so it is made by the caller:
 *
 * ```ts
 * const worker = new Worker(new URL("./sumWorker.js", import.meta.url), { type: "module" });
 * const client = askWorker<Sums>(worker, { name: "The thread that sums", ending: "at once" });
 * ```
 * @param worker one whose module calls {@link serveInWorker}; nobody else may listen to it.
 */
export function askWorker<P extends Protocol<P>>(
  worker: Worker,
  manner: ThreadManner & { readonly hint?: string },
): Client<P> {
  return new ThreadClient<P>(
    new WebWorkerPort<ToClient<P>>(worker, manner.name, manner.hint),
    manner,
  );
}

/** Serves the page or the worker that started this one. */
export function serveInWorker<P extends Protocol<P>>(service: Service<P>): void {
  serve<P>(
    {
      post: (message, moved) => self.postMessage(message, { transfer: [...moved] }),
      listen: (hear) => self.addEventListener("message", ({ data }) => hear(data)),
    },
    service,
  );
}

class WebWorkerPort<In> implements ThreadPort<In> {
  readonly #worker: Worker;
  readonly #name: string;
  readonly #hint: string | undefined;

  constructor(worker: Worker, name: string, hint: string | undefined) {
    this.#worker = worker;
    this.#name = name;
    this.#hint = hint;
  }

  post(message: unknown, moved: readonly Moved[]): void {
    this.#worker.postMessage(message, [...moved]);
  }

  listen(hear: (message: In) => void): void {
    this.#worker.addEventListener("message", ({ data }) => hear(data));
  }

  onDeath(hear: (error: ThreadError) => void): void {
    let dead = false;
    const die = (reason: string) => {
      if (dead) return;
      dead = true;
      // What failed outside of a request may have left anything: it is of no use any more.
      this.#worker.terminate();
      hear(new ThreadError("thread-died", `${this.#name} stopped: ${reason}.`, this.#hint));
    };
    this.#worker.addEventListener("error", (event) => {
      event.preventDefault();
      die(event.message || "its module cannot be loaded");
    });
    this.#worker.addEventListener("messageerror", () => die("a message could not be understood"));
  }

  /** Pages live until they are left. */
  hold(): void {}

  async terminate(): Promise<void> {
    this.#worker.terminate();
  }
}
