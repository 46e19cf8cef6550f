/** Signals that follow one another. */

/** Has a controller abort with a signal, for its reason, until disposed of. */
export function follow(controller: AbortController, signal: AbortSignal | undefined): Disposable {
  const stop = () => controller.abort(signal?.reason);
  if (signal?.aborted) stop();
  else signal?.addEventListener("abort", stop, { once: true });
  return { [Symbol.dispose]: () => signal?.removeEventListener("abort", stop) };
}
