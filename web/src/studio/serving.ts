/** The worker's side of the protocol. */
import {
  type Answer,
  type Asked,
  type Handlers,
  type Protocol,
  sentError,
  type Told,
  type ToPage,
  type ToWorker,
} from "./messages.ts";

/** Answers all that the page asks of this worker. */
export function serve<P extends Protocol<P>>(handlers: Handlers<P>): void {
  const atWork = new Map<number, AbortController>();
  const answer = async <K extends keyof P>(id: number, what: K, request: P[K]["request"]) => {
    const controller = new AbortController();
    atWork.set(id, controller);
    const moved: Transferable[] = [];
    const asked: Asked<P, K> = {
      signal: controller.signal,
      tell: (event, move) => post<Told<P, K>>({ kind: "event", id, what, event }, move),
      move: (memory) => moved.push(...memory),
    };
    try {
      const given = await handlers[what](request, asked);
      post<Answer<P, K>>({ kind: "answer", id, what, answer: given }, moved);
    } catch (thrown) {
      post<ToPage<P>>({ kind: "error", id, error: sentError(thrown) });
    } finally {
      atWork.delete(id);
    }
  };
  self.addEventListener("message", ({ data }: MessageEvent<ToWorker<P>>) => {
    if (data.kind === "abort") atWork.get(data.id)?.abort();
    else void answer(data.id, data.what, data.request);
  });
}

function post<Message>(message: Message, transfer: readonly Transferable[] = []): void {
  self.postMessage(message, { transfer: [...transfer] });
}
