/** Errors on their way between threads, which keep only the data of an object. */
import { XumxError } from "../errors.ts";

export interface SentError {
  readonly code: XumxError["code"];
  readonly message: string;
  readonly hint: string | undefined;
}

export function sentError(error: unknown): SentError {
  if (error instanceof XumxError) {
    return { code: error.code, message: error.message, hint: error.hint };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: "runtime-failed", message, hint: undefined };
}

/** The error again, of the same code. */
export function fromSent({ code, message, hint }: SentError): XumxError {
  return new XumxError(code, message, hint);
}
