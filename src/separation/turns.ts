/** Turns: callers of something that serves one at a time, in the order of their calls. */
import { follow, orAborted } from "../abort.ts";
import { ClosedError, throwIfAborted } from "../errors.ts";

/** A caller's turn, which lasts until it is disposed of. */
export interface Turn extends Disposable {
  /** Fires when the caller's own signal does, or everything is closed. */
  readonly signal: AbortSignal;
}

export class Turns {
  #last: Promise<void> = Promise.resolve();
  readonly #closed = new AbortController();

  /**
   * Waits for a turn.
   * @throws {AbortError} if `signal` fires before; {@link ClosedError} if it is too late or becomes so.
   */
  async take(signal: AbortSignal | undefined): Promise<Turn> {
    throwIfAborted(this.#closed.signal);
    throwIfAborted(signal);
    const controller = new AbortController();
    const ties = [follow(controller, signal), follow(controller, this.#closed.signal)];
    const before = this.#last;
    let end: () => void = () => undefined;
    this.#last = new Promise((resolve) => {
      end = () => {
        for (const tie of ties) tie[Symbol.dispose]();
        resolve();
      };
    });
    try {
      await orAborted(before, controller.signal);
      return { signal: controller.signal, [Symbol.dispose]: end };
    } catch (error) {
      // Those who come later still wait for those who came before.
      before.then(end);
      throw error;
    }
  }

  /** Whether {@link close} was called. */
  get closed(): boolean {
    return this.#closed.signal.aborted;
  }

  /** Ends the turn that is taken and all waiting ones with a {@link ClosedError}, and lets nobody in again. */
  close(message: string): void {
    this.#closed.abort(new ClosedError(message, "Open another one."));
  }
}
