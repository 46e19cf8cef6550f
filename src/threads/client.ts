/** The asking side: whatever is asked, wherever it is answered. */
import type { WebPort } from "./port.ts";
import type { Protocol } from "./protocol.ts";

/** What a request may be accompanied by. */
export interface AskOptions {
  /** Arrays whose memory goes over with the request, in place of being copied; between threads of browsers ports, too. */
  readonly move?: Iterable<ArrayBufferView | WebPort>;
  /** Ends the waiting at once; the service is told. */
  readonly signal?: AbortSignal | undefined;
}

/** Asks a service, in another thread or in this one. */
export interface Client<P extends Protocol<P>> extends AsyncDisposable {
  /** Whether requests can be answered: the thread lives, and nothing was closed. */
  readonly alive: boolean;
  /**
   * Has a request answered, after all earlier ones.
   * @throws {ThreadError} if the thread dies or has died; {@link ClosedError} if the client is closed meanwhile or was;
   * {@link AbortError}; what the service throws.
   */
  ask<K extends keyof P>(
    kind: K,
    request: P[K]["request"],
    options?: AskOptions,
  ): Promise<P[K]["answer"]>;
  /** Ends the service. All that is unanswered fails with a {@link ClosedError} at once. Harmless to repeat. */
  close(): Promise<void>;
}
