/** Work of which a few pieces are under way at once. */
import { orAborted } from "../abort.ts";

/** Tasks that nobody waits for one by one. */
export class TaskQueue {
  readonly #signal: AbortSignal | undefined;
  readonly #pending: Promise<void>[] = [];

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  add(task: () => Promise<void>): void {
    const run = task();
    run.catch(() => undefined);
    this.#pending.push(run);
  }

  /** Waits until fewer than so many are under way, or none for 0. @throws what the oldest threw */
  async room(most: number): Promise<void> {
    while (this.#pending.length > 0 && this.#pending.length >= most) {
      const [first] = this.#pending.splice(0, 1);
      await orAborted(first, this.#signal);
    }
  }
}

/** What becomes of pieces, in their order, so many under way at once; while the last one given is in use, one fewer. */
export async function* inOrder<P, T>(
  pieces: Iterable<P> | AsyncIterable<P>,
  most: number,
  work: (piece: P) => Promise<T>,
): AsyncGenerator<T> {
  const pending: Promise<T>[] = [];
  for await (const piece of pieces) {
    if (pending.length >= most) {
      const [first] = pending.splice(0, 1);
      yield await first;
    }
    const run = work(piece);
    run.catch(() => undefined);
    pending.push(run);
  }
  for (const run of pending) yield await run;
}
