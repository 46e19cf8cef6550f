/** A client of the service in another thread, which it owns. */
import {
  abortionOf,
  ClosedError,
  RuntimeError,
  throwIfAborted,
  type XumxError,
} from "../errors.ts";
import type { AskOptions, Client } from "./client.ts";
import { movedOf, type ThreadPort, type WebPort } from "./port.ts";
import type { Answer, Protocol, Request, ToClient, ToService } from "./protocol.ts";
import { fromSent } from "./sentError.ts";

/** How a thread is spoken of, and how it is ended. */
export interface ThreadManner {
  /** Names the thread in messages: "The thread that separates". */
  readonly name: string;
  /**
   * Whether the thread may be ended whatever it does, or first finishes the request that it is at and releases what it
   * holds: one that is ended while the native runtime computes would take the whole program with it.
   */
  readonly ending: "at once" | "in order";
}

type AnyAnswer<P extends Protocol<P>> = { readonly [K in keyof P]: Answer<P, K> }[keyof P];

/** A request that the thread has not answered, although nobody may wait for the answer any more. */
interface Unanswered<P extends Protocol<P>> {
  settle(answer: AnyAnswer<P>): void;
  reject(error: XumxError): void;
}

/** The program goes on for as long as there are answers to come; a thread that has nothing to do does not keep it alive. */
export class ThreadClient<P extends Protocol<P>> implements Client<P> {
  readonly #port: ThreadPort<ToClient<P>>;
  readonly #manner: ThreadManner;
  readonly #unanswered = new Map<number, Unanswered<P>>();
  #next = 0;
  /** Why nothing can be asked any more. */
  #end: XumxError | undefined;
  #dead = false;
  #closing: Promise<void> | undefined;
  /** Called when the thread has ended in order, or died. */
  #ended: () => void = () => undefined;

  constructor(port: ThreadPort<ToClient<P>>, manner: ThreadManner) {
    this.#port = port;
    this.#manner = manner;
    port.listen((message) => this.#hear(message));
    port.onDeath((error) => {
      this.#dead = true;
      this.#refuse(error);
      this.#unanswered.clear();
      this.#ended();
    });
    port.hold(false);
  }

  get alive(): boolean {
    return this.#end === undefined;
  }

  async ask<K extends keyof P>(
    kind: K,
    request: P[K]["request"],
    { move = [], signal }: AskOptions = {},
  ): Promise<P[K]["answer"]> {
    throwIfAborted(signal);
    if (this.#end) throw this.#end;
    const id = this.#next++;
    let stop: (() => void) | undefined;
    try {
      return await new Promise<P[K]["answer"]>((resolve, reject) => {
        this.#say<Request<P, K>>({ type: "request", id, kind, request }, move);
        this.#unanswered.set(id, {
          settle: (answer) => (answers(answer, kind) ? resolve(answer.answer) : reject(mixedUp())),
          reject,
        });
        this.#port.hold(true);
        if (!signal) return;
        stop = () => {
          reject(abortionOf(signal));
          if (this.#unanswered.has(id)) this.#say<ToService<P>>({ type: "abort", id });
        };
        signal.addEventListener("abort", stop, { once: true });
      });
    } finally {
      if (stop) signal?.removeEventListener("abort", stop);
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#refuse(new ClosedError(`${this.#manner.name} was closed.`));
    if (!this.#dead && this.#manner.ending === "in order") {
      this.#port.hold(true);
      for (const id of this.#unanswered.keys()) this.#say<ToService<P>>({ type: "abort", id });
      const ended = new Promise<void>((resolve) => {
        this.#ended = resolve;
      });
      this.#say<ToService<P>>({ type: "end" });
      await ended;
    }
    await this.#port.terminate();
  }

  #say<Message>(message: Message, moved: Iterable<ArrayBufferView | WebPort> = []): void {
    this.#port.post(message, movedOf(moved));
  }

  /** Fails all that is asked and will be. */
  #refuse(error: XumxError): void {
    // Use after close is the caller's fault, whatever happened to the thread.
    if (!(this.#end instanceof ClosedError)) this.#end = error;
    for (const { reject } of this.#unanswered.values()) reject(error);
  }

  #hear(message: ToClient<P>): void {
    if (message.type === "ended") {
      this.#ended();
      return;
    }
    const asked = this.#unanswered.get(message.id);
    this.#unanswered.delete(message.id);
    if (this.#unanswered.size === 0 && !this.#closing) this.#port.hold(false);
    if (message.type === "failed") asked?.reject(fromSent(message.error));
    else asked?.settle(message);
  }
}

function answers<P extends Protocol<P>, K extends keyof P>(
  answer: AnyAnswer<P>,
  kind: K,
): answer is Answer<P, K> {
  return answer.kind === kind;
}

function mixedUp(): RuntimeError {
  return new RuntimeError("runtime-failed", "A thread gave the answer to another question.");
}
