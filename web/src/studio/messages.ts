/** One protocol between the page and its worker: typed requests, events on the way, answers, errors as data, aborts. */
import { AbortError, type ErrorCode, XumxError } from "xumx-slicq";

/** What can be asked: by name a request, what is told before the answer, and the answer. */
export type Protocol<P> = {
  readonly [K in keyof P]: {
    readonly request: unknown;
    readonly event: unknown;
    readonly answer: unknown;
  };
};

/** An error on its way between threads. */
export interface SentError {
  /** Absent of what is a fault of ours. */
  readonly code?: ErrorCode;
  readonly message: string;
  readonly hint?: string;
}

/** A request on its way. */
export interface Ask<P extends Protocol<P>, K extends keyof P> {
  readonly kind: "ask";
  readonly id: number;
  readonly what: K;
  readonly request: P[K]["request"];
}

/** Something that is told before the answer. */
export interface Told<P extends Protocol<P>, K extends keyof P> {
  readonly kind: "event";
  readonly id: number;
  readonly what: K;
  readonly event: P[K]["event"];
}

/** An answer on its way back. */
export interface Answer<P extends Protocol<P>, K extends keyof P> {
  readonly kind: "answer";
  readonly id: number;
  readonly what: K;
  readonly answer: P[K]["answer"];
}

/** From the page to the worker. */
export type ToWorker<P extends Protocol<P>> =
  | { readonly [K in keyof P]: Ask<P, K> }[keyof P]
  | { readonly kind: "abort"; readonly id: number };

/** What belongs to a request, except for its failure. */
export type Heard<P extends Protocol<P>> = {
  readonly [K in keyof P]: Told<P, K> | Answer<P, K>;
}[keyof P];

/** From the worker to the page. */
export type ToPage<P extends Protocol<P>> =
  | Heard<P>
  | { readonly kind: "error"; readonly id: number; readonly error: SentError };

/** What a handler is given besides the request. */
export interface Asked<P extends Protocol<P>, K extends keyof P> {
  /** Fires when the page has lost interest. */
  readonly signal: AbortSignal;
  /** Tells something before the answer. */
  tell(event: P[K]["event"], move?: readonly Transferable[]): void;
  /** Memory that goes over with the answer, in place of being copied. */
  move(memory: readonly Transferable[]): void;
}

/** Answers every request. */
export type Handlers<P extends Protocol<P>> = {
  readonly [K in keyof P]: (
    request: P[K]["request"],
    asked: Asked<P, K>,
  ) => Promise<P[K]["answer"]> | P[K]["answer"];
};

/** The error as data: a shortage of memory or room gets a code and a hint, what is no error of the library none. */
export function sentError(thrown: unknown): SentError {
  if (thrown instanceof XumxError) {
    const { code, message, hint } = thrown;
    return { code, message, ...(hint !== undefined && { hint }) };
  }
  const { name, message } = thrown instanceof Error ? thrown : new Error(String(thrown));
  if (name === "QuotaExceededError") {
    return {
      code: "unwritable",
      message: "The browser gives this page no more room.",
      hint: "Remove songs, or free space on the disk.",
    };
  }
  if (name === "RangeError" && /alloc|memory|length/i.test(message)) {
    return {
      code: "out-of-memory",
      message: "There is not enough memory.",
      hint: "Remove songs, or close other tabs.",
    };
  }
  return { message };
}

/** The error again. */
export function receivedError({ code, message, hint }: SentError): Error {
  if (code === undefined) return new Error(message);
  return code === "aborted" ? new AbortError() : new XumxError(code, message, hint);
}
