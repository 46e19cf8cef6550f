/** Several clients of one kind of service, as one: requests go to whichever is free first. */
import { orAborted } from "../abort.ts";
import { ClosedError, throwIfAborted } from "../errors.ts";
import type { AskOptions, Client } from "./client.ts";
import type { Protocol } from "./protocol.ts";

/** One of the pool's seats, with the client that fills it. */
interface Seat<P extends Protocol<P>> {
  client: Client<P>;
}

/** A pool whose clients are started at once; one that has died is replaced when its seat is needed again. */
export class Pool<P extends Protocol<P>> implements AsyncDisposable {
  readonly #start: () => Client<P>;
  readonly #seats: readonly Seat<P>[];
  readonly #free: Seat<P>[];
  readonly #waiting: ((seat: Seat<P>) => void)[] = [];
  /** What every client was told, and every one that comes later must be told: the last of each kind. */
  readonly #told = new Map<keyof P, (client: Client<P>) => Promise<unknown>>();
  readonly #closed = new AbortController();

  /** @param start makes a client. */
  constructor(size: number, start: () => Client<P>) {
    this.#start = start;
    this.#seats = Array.from({ length: size }, () => ({ client: start() }));
    this.#free = [...this.#seats];
  }

  /** How many requests are worked on at once. */
  get size(): number {
    return this.#seats.length;
  }

  /** Has a request answered by whichever client is free first, in the order of asking. Throws as {@link Client.ask}. */
  async ask<K extends keyof P>(
    kind: K,
    request: P[K]["request"],
    options: AskOptions = {},
  ): Promise<P[K]["answer"]> {
    throwIfAborted(options.signal);
    throwIfAborted(this.#closed.signal);
    const seat = await this.#enter(options.signal);
    try {
      return await (await this.#living(seat)).ask(kind, request, options);
    } finally {
      this.#leave(seat);
    }
  }

  /** Has a request answered by every client, and by those that will take the seats of dead ones. */
  async askAll<K extends keyof P>(kind: K, request: P[K]["request"]): Promise<void> {
    throwIfAborted(this.#closed.signal);
    this.#told.set(kind, (client) => client.ask(kind, request));
    await Promise.all(this.#seats.map(({ client }) => client.ask(kind, request)));
  }

  /** Closes all clients. Harmless to repeat. */
  async close(): Promise<void> {
    this.#closed.abort(new ClosedError("The pool of threads was closed."));
    await Promise.all(this.#seats.map(({ client }) => client.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #enter(signal: AbortSignal | undefined): Promise<Seat<P>> {
    const free = this.#free.shift();
    if (free) return free;
    let call: (seat: Seat<P>) => void = () => undefined;
    const called = new Promise<Seat<P>>((resolve) => {
      call = resolve;
    });
    this.#waiting.push(call);
    try {
      return await orAborted(orAborted(called, signal), this.#closed.signal);
    } catch (error) {
      const at = this.#waiting.indexOf(call);
      if (at >= 0) this.#waiting.splice(at, 1);
      // It was called in the same moment: the next one gets the seat.
      else called.then((seat) => this.#leave(seat));
      throw error;
    }
  }

  #leave(seat: Seat<P>): void {
    const next = this.#waiting.shift();
    if (next) next(seat);
    else this.#free.push(seat);
  }

  async #living(seat: Seat<P>): Promise<Client<P>> {
    if (seat.client.alive || this.#closed.signal.aborted) return seat.client;
    await seat.client.close();
    seat.client = this.#start();
    for (const tell of this.#told.values()) await tell(seat.client);
    return seat.client;
  }
}
