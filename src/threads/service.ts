/** The serving side: answers requests one after the other, in their order. */
import { throwIfAborted } from "../errors.ts";
import { movedOf, type Port } from "./port.ts";
import type { Answer, Protocol, Request, ToClient, ToService } from "./protocol.ts";
import { sentError } from "./sentError.ts";

/** What a request brings with it besides its data. */
export interface Turn {
  /** Fires when the answer is no longer wanted. */
  readonly signal: AbortSignal;
  /** Has the memory of arrays moved with the answer, in place of being copied. */
  move(arrays: Iterable<ArrayBufferView>): void;
}

/** Answers every request of a protocol. */
export type Handlers<P extends Protocol<P>> = {
  readonly [K in keyof P]: (
    request: P[K]["request"],
    turn: Turn,
  ) => Promise<P[K]["answer"]> | P[K]["answer"];
};

/** Handlers with what they hold together. */
export interface Service<P extends Protocol<P>> {
  readonly handlers: Handlers<P>;
  /** Releases what is held, after the last answer. */
  close?(): Promise<void>;
}

/** Serves whoever is at the other end of a port. */
export function serve<P extends Protocol<P>>(
  port: Port<ToService<P>>,
  { handlers, close }: Service<P>,
): void {
  const open = new Map<number, AbortController>();
  let last = Promise.resolve();

  function say<Message>(message: Message, moved: Iterable<ArrayBufferView> = []): void {
    port.post(message, movedOf(moved));
  }

  async function answer<K extends keyof P>(
    { id, kind, request }: Request<P, K>,
    signal: AbortSignal,
  ): Promise<void> {
    const moved: ArrayBufferView[] = [];
    try {
      throwIfAborted(signal);
      const answer = await handlers[kind](request, {
        signal,
        move: (arrays) => moved.push(...arrays),
      });
      say<Answer<P, K>>({ type: "answer", id, kind, answer }, moved);
    } catch (thrown) {
      say<ToClient<P>>({ type: "failed", id, error: sentError(thrown) });
    } finally {
      open.delete(id);
    }
  }

  port.listen((message) => {
    if (message.type === "abort") {
      open.get(message.id)?.abort();
    } else if (message.type === "end") {
      last = last
        .then(() => close?.())
        // Nobody is left to hear of a failure.
        .catch(() => undefined)
        .then(() => say<ToClient<P>>({ type: "ended" }));
    } else {
      const controller = new AbortController();
      open.set(message.id, controller);
      last = last.then(() => answer(message, controller.signal));
    }
  });
}
