/** What threads say to each other. A protocol names its requests; each has a form, and its answer another. */
import type { SentError } from "./sentError.ts";

/** One request and its answer: plain data, as structured cloning takes it. */
export interface Exchange {
  readonly request: unknown;
  readonly answer: unknown;
}

/**
 * The exchanges of two threads by name.
 *
 * ```ts
 * interface Sums {
 *   readonly add: { readonly request: readonly number[]; readonly answer: number };
 * }
 * ```
 */
export type Protocol<P> = { readonly [K in keyof P]: Exchange };

/** A request on its way. */
export interface Request<P extends Protocol<P>, K extends keyof P> {
  readonly type: "request";
  readonly id: number;
  readonly kind: K;
  readonly request: P[K]["request"];
}

/** An answer on its way back. */
export interface Answer<P extends Protocol<P>, K extends keyof P> {
  readonly type: "answer";
  readonly id: number;
  readonly kind: K;
  readonly answer: P[K]["answer"];
}

/** All that is said to the thread that serves. */
export type ToService<P extends Protocol<P>> =
  | { readonly [K in keyof P]: Request<P, K> }[keyof P]
  /** The request's answer is no longer wanted. */
  | { readonly type: "abort"; readonly id: number }
  /** Release what is held; nothing will be asked any more. */
  | { readonly type: "end" };

/** All that it says. */
export type ToClient<P extends Protocol<P>> =
  | { readonly [K in keyof P]: Answer<P, K> }[keyof P]
  | { readonly type: "failed"; readonly id: number; readonly error: SentError }
  | { readonly type: "ended" };
