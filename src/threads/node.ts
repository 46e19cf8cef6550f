/** Threads of Node: `node:worker_threads` as ports. */
import { parentPort, SHARE_ENV, Worker } from "node:worker_threads";
import { RuntimeError, ThreadError } from "../errors.ts";
import { shortage } from "../shortage.ts";
import type { Client } from "./client.ts";
import type { Moved, ThreadPort } from "./port.ts";
import type { Protocol, ToClient } from "./protocol.ts";
import { type Service, serve } from "./service.ts";
import { ThreadClient, type ThreadManner } from "./threadClient.ts";

/** How a thread is started. */
export interface ThreadOptions extends ThreadManner {
  /** What to do if the thread dies. */
  readonly hint?: string;
  /** Most memory for its objects, MiB; that of typed arrays does not count. By default Node's own limit. */
  readonly heap?: number;
  /**
   * Most memory for its youngest objects, MiB. By default Node's own limit, 48: up to so much rubbish lies about in a thread
   * that makes little of it.
   */
  readonly youngHeap?: number;
}

/**
 * Starts a thread, which ends with the program at the latest.
 * @param url the module that serves the protocol, by {@link serveInThread}.
 * @throws {ThreadError} if no thread can be had.
 */
export function startThread<P extends Protocol<P>>(url: URL, options: ThreadOptions): Client<P> {
  return new ThreadClient<P>(new WorkerPort<ToClient<P>>(url, options), options);
}

/** Serves the thread that started this one. */
export function serveInThread<P extends Protocol<P>>(service: Service<P>): void {
  if (!parentPort) throw new RuntimeError("runtime-failed", "This module runs in a thread only.");
  const port = parentPort;
  serve<P>(
    {
      post: (message, moved) => port.postMessage(message, memoryIn(moved)),
      listen: (hear) => port.on("message", hear),
    },
    service,
  );
}

class WorkerPort<In> implements ThreadPort<In> {
  readonly #worker: Worker;
  readonly #options: ThreadOptions;
  #over = false;

  constructor(url: URL, options: ThreadOptions) {
    this.#options = options;
    const { heap, youngHeap } = options;
    try {
      this.#worker = new Worker(url, {
        // So that settings which are made there reach the native runtime.
        env: SHARE_ENV,
        // As the program's own, except of one given by `node --eval`: no file may be loaded with the option that says
        // what it is written in. (They are not repeated here otherwise: those of V8 would be refused.)
        ...(process.execArgv.some((option) => option.startsWith("--input-type")) && {
          execArgv: [],
        }),
        resourceLimits: {
          ...(heap !== undefined && { maxOldGenerationSizeMb: heap }),
          ...(youngHeap !== undefined && { maxYoungGenerationSizeMb: youngHeap }),
        },
      });
    } catch (cause) {
      throw this.#death("could not be started", cause);
    }
  }

  post(message: unknown, moved: readonly Moved[]): void {
    this.#worker.postMessage(message, memoryIn(moved));
  }

  listen(hear: (message: In) => void): void {
    this.#worker.on("message", hear);
  }

  onDeath(hear: (error: ThreadError) => void): void {
    const die = (error: ThreadError) => {
      if (!this.#over) hear(error);
      this.#over = true;
    };
    this.#worker
      .on("error", (cause) => die(this.#death("stopped", cause)))
      .on("messageerror", (cause) => die(this.#death("could not be understood", cause)))
      .on("exit", (code) => die(this.#death("stopped", new Error(`it ended with code ${code}`))));
  }

  hold(held: boolean): void {
    if (held) this.#worker.ref();
    else this.#worker.unref();
  }

  async terminate(): Promise<void> {
    this.#over = true;
    await this.#worker.terminate();
  }

  #death(what: string, cause: unknown): ThreadError {
    const { name, hint } = this.#options;
    const options = { cause };
    const lack = shortage(cause, hint);
    if (lack) {
      const said = lack.code === "out-of-memory" ? "ran out of memory" : `${what}: ${lack.message}`;
      return new ThreadError(lack.code, `${name} ${said.replace(/\.$/, "")}.`, lack.hint, options);
    }
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new ThreadError("thread-died", `${name} ${what}: ${reason}.`, hint, options);
  }
}

/** Ports that Node's threads would move are of another kind than the Web's, and nobody moves any. */
function memoryIn(moved: readonly Moved[]): readonly ArrayBuffer[] {
  return moved.filter((thing) => thing instanceof ArrayBuffer);
}
