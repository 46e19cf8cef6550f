/** A client of a service in the same thread: where there are no threads, or one is enough. */
import { follow, orAborted } from "../abort.ts";
import { ClosedError, throwIfAborted } from "../errors.ts";
import type { AskOptions, Client } from "./client.ts";
import type { Protocol } from "./protocol.ts";
import type { Service } from "./service.ts";

/** Arrays are handed over as they are, errors come as they were thrown. */
export class LocalClient<P extends Protocol<P>> implements Client<P> {
  readonly #service: Service<P>;
  readonly #open = new Set<AbortController>();
  #last: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(service: Service<P>) {
    this.#service = service;
  }

  get alive(): boolean {
    return this.#closing === undefined;
  }

  async ask<K extends keyof P>(
    kind: K,
    request: P[K]["request"],
    { signal }: AskOptions = {},
  ): Promise<P[K]["answer"]> {
    throwIfAborted(signal);
    if (this.#closing) throw closed();
    const controller = new AbortController();
    using _ = follow(controller, signal);
    this.#open.add(controller);
    const turn = { signal: controller.signal, move: () => undefined };
    const run = this.#last.then(() => {
      throwIfAborted(turn.signal);
      return this.#service.handlers[kind](request, turn);
    });
    this.#last = run.catch(() => undefined);
    try {
      return await orAborted(run, turn.signal);
    } finally {
      this.#open.delete(controller);
    }
  }

  close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = this.#last.then(() => this.#service.close?.());
      for (const controller of this.#open) controller.abort(closed());
    }
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function closed(): ClosedError {
  return new ClosedError("The service was closed.");
}
