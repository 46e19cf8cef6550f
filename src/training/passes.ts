/** The passes of a training step: one at a time, in the order in which they are asked for, until it is closed. */
import { ClosedError } from "../errors.ts";

export class Passes {
  #running: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  /** Does a pass when those before it are done. @throws ClosedError */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closing) throw new ClosedError("The training step was closed.");
    const running = this.#running.catch(() => {}).then(work);
    this.#running = running;
    return running;
  }

  /** Waits for a pass under way, then frees what passes need. Harmless to repeat. */
  close(free: () => Promise<void>): Promise<void> {
    this.#closing ??= this.#running.catch(() => {}).then(free);
    return this.#closing;
  }
}
