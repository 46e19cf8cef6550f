/** Lets long sums be aborted: gives the event loop a turn now and then. */
import { throwIfAborted } from "../errors.ts";

/** Milliseconds of work between two turns of the event loop. */
const SLICE = 100;

export class Pace {
  readonly #signal: AbortSignal | undefined;
  #last = performance.now();

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /** Called often. @throws AbortError when the signal has fired. */
  async step(): Promise<void> {
    if (performance.now() - this.#last > SLICE) {
      await new Promise((done) => setTimeout(done, 0));
      this.#last = performance.now();
    }
    throwIfAborted(this.#signal);
  }
}
