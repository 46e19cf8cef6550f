/** Signals that ask a program to end, as an AbortSignal: Ctrl-C, Ctrl-\\, termination, a terminal that is closed. */
import { constants } from "node:os";

/** Exit code of a program that was interrupted by Ctrl-C. */
export const INTERRUPTED = 128 + constants.signals.SIGINT;

/** What ends the program in order. Windows knows the first three, of which it sends two. */
const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;
type Ending = (typeof signals)[number];

/** Milliseconds that the work has to end in order; what is not done then is cut short. */
const PATIENCE = 700;

let received: Ending = "SIGINT";

/**
 * Aborts on the first of these signals; on a second one the program ends at once.
 *
 * @param hurry if given, the program ends soon in any case: this is called to leave things in order, all at once, before
 * the program is ended, on a second signal or if the work has not ended by itself in time.
 */
export function abortOnSignals(hurry?: () => void): AbortSignal {
  const controller = new AbortController();
  const leave = () => {
    hurry?.();
    // As if there had been no listener: an exit would wait for all threads.
    for (const signal of signals) process.off(signal, stop);
    process.kill(process.pid, received);
    // The first process of a container is not ended by signals.
    process.exit(interruptedCode());
  };
  const stop = (signal: Ending) => {
    received = signal;
    if (controller.signal.aborted) return leave();
    controller.abort();
    // Unreferenced: a program that has ended in order does not wait for it.
    if (hurry) setTimeout(leave, PATIENCE).unref();
  };
  for (const signal of signals) process.on(signal, stop);
  return controller.signal;
}

/** What a program that a signal ended exits with: 128 and the signal's number: 129, 130, 131 or 143. */
export function interruptedCode(): number {
  return 128 + constants.signals[received];
}
