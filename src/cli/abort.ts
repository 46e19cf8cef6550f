/** Ctrl-C and termination as an AbortSignal. */
import { constants } from "node:os";

/** Exit code of a program that was interrupted by Ctrl-C. */
export const INTERRUPTED = 128 + constants.signals.SIGINT;

/** Milliseconds that the work has to end in order; what is not done then is cut short. */
const PATIENCE = 700;

let received: "SIGINT" | "SIGTERM" = "SIGINT";

/**
 * Aborts on the first SIGINT or SIGTERM; on a second one the program ends at once.
 *
 * @param hurry if given, the program ends soon in any case: this is called to leave things in order, all at once, before
 * the program is ended, on a second signal or if the work has not ended by itself in time.
 */
export function abortOnSignals(hurry?: () => void): AbortSignal {
  const controller = new AbortController();
  const leave = () => {
    hurry?.();
    // As if there had been no listener: an exit would wait for all threads.
    process.off("SIGINT", stop).off("SIGTERM", stop);
    process.kill(process.pid, received);
    // The first process of a container is not ended by signals.
    process.exit(interruptedCode());
  };
  const stop = (signal: "SIGINT" | "SIGTERM") => {
    received = signal;
    if (controller.signal.aborted) return leave();
    controller.abort();
    // Unreferenced: a program that has ended in order does not wait for it.
    if (hurry) setTimeout(leave, PATIENCE).unref();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return controller.signal;
}

/** What a program that a signal ended exits with: 128 and the signal's number, 130 or 143. */
export function interruptedCode(): number {
  return 128 + constants.signals[received];
}
