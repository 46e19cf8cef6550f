/** Ctrl-C and termination as an AbortSignal. */

/** Exit code of a program that was interrupted. */
export const INTERRUPTED = 130;

/** Aborts on the first SIGINT or SIGTERM; on a second one the program ends at once. */
export function abortOnSignals(): AbortSignal {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) process.exit(INTERRUPTED);
    controller.abort();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return controller.signal;
}
