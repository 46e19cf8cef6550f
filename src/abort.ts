/** Waits that an AbortSignal ends, whatever is waited for. */
import { abortionOf, throwIfAborted } from "./errors.ts";

/**
 * Waits for a promise, but no longer than until the signal fires: what never answers is no reason to wait for ever.
 * @throws what the promise is rejected with; {@link abortionOf} the signal.
 */
export function orAborted<T>(wait: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return wait;
  return new Promise((resolve, reject) => {
    const stop = () => reject(abortionOf(signal));
    const settled = () => signal.removeEventListener("abort", stop);
    wait.then(resolve, reject).finally(settled);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}

/**
 * What a source gives, until the signal fires. The source is let go at the end; one that then still owes an answer is
 * told, and not waited for.
 * @throws what the source throws; {@link abortionOf} the signal, even while the source does not answer.
 */
export async function* untilAborted<T>(
  source: AsyncIterable<T> | Iterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, void, void> {
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : given(source);
  let waiting = false;
  try {
    for (;;) {
      throwIfAborted(signal);
      waiting = true;
      const answer = iterator.next().finally(() => {
        waiting = false;
      });
      const next = await orAborted(answer, signal);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    const left = iterator.return?.();
    if (waiting) left?.catch(() => undefined);
    else await left;
  }
}

async function* given<T>(source: Iterable<T>): AsyncGenerator<T, void, void> {
  yield* source;
}

/** Has a controller abort with a signal, for its reason, until disposed of. */
export function follow(controller: AbortController, signal: AbortSignal | undefined): Disposable {
  const stop = () => controller.abort(signal?.reason);
  if (signal?.aborted) stop();
  else signal?.addEventListener("abort", stop, { once: true });
  return { [Symbol.dispose]: () => signal?.removeEventListener("abort", stop) };
}
