/** The page's side of the protocol. */
import { AbortError, ClosedError } from "xumx-slicq";
import {
  type Answer,
  type Ask,
  type Heard,
  type Protocol,
  receivedError,
  type Told,
  type ToPage,
  type ToWorker,
} from "./messages.ts";

/** What a request may be accompanied by. */
export interface AskOptions<Event> {
  /** Ends the waiting at once; the worker is told. */
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: (event: Event) => void;
}

interface Waiting<P extends Protocol<P>> {
  hear(message: Heard<P>): void;
  fail(error: Error): void;
}

/** Asks a worker, and owns it. */
export class Asker<P extends Protocol<P>> {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting<P>>();
  #last = 0;
  #dead: Error | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.addEventListener("message", ({ data }: MessageEvent<ToPage<P>>) => this.#hear(data));
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.#die(new Error(event.message || "The page's worker cannot be started."));
    });
  }

  /** @throws {XumxError} of the worker; {@link AbortError}; {@link ClosedError} after {@link close}. */
  async ask<K extends keyof P>(
    what: K,
    request: P[K]["request"],
    { signal, onEvent }: AskOptions<P[K]["event"]> = {},
  ): Promise<P[K]["answer"]> {
    if (this.#dead) throw this.#dead;
    if (signal?.aborted) throw new AbortError(signal.reason);
    const id = ++this.#last;
    let abort: (() => void) | undefined;
    try {
      return await new Promise<P[K]["answer"]>((resolve, reject) => {
        this.#waiting.set(id, {
          hear(message) {
            if (isAnswer(message, what)) resolve(message.answer);
            else if (isTold(message, what)) onEvent?.(message.event);
          },
          fail: reject,
        });
        this.#post<Ask<P, K>>({ kind: "ask", id, what, request });
        abort = () => {
          this.#post<ToWorker<P>>({ kind: "abort", id });
          reject(new AbortError(signal?.reason));
        };
        signal?.addEventListener("abort", abort, { once: true });
      });
    } finally {
      this.#waiting.delete(id);
      if (abort) signal?.removeEventListener("abort", abort);
    }
  }

  /** Ends the worker. What is unanswered fails. */
  close(): void {
    this.#worker.terminate();
    this.#die(new ClosedError("The page's worker was closed."));
  }

  #post<Message>(message: Message): void {
    this.#worker.postMessage(message);
  }

  #hear(message: ToPage<P>): void {
    const waiting = this.#waiting.get(message.id);
    if (message.kind === "error") waiting?.fail(receivedError(message.error));
    else waiting?.hear(message);
  }

  #die(error: Error): void {
    this.#dead ??= error;
    for (const { fail } of this.#waiting.values()) fail(error);
  }
}

function isAnswer<P extends Protocol<P>, K extends keyof P>(
  message: Heard<P>,
  what: K,
): message is Heard<P> & Answer<P, K> {
  return message.kind === "answer" && message.what === what;
}

function isTold<P extends Protocol<P>, K extends keyof P>(
  message: Heard<P>,
  what: K,
): message is Heard<P> & Told<P, K> {
  return message.kind === "event" && message.what === what;
}
