/** The one error hierarchy of the project: every failure carries a code, a message and a next step. */

/** Stable, machine-readable reasons. New codes are added here, never invented at the place of the throw. */
export type ErrorCode =
  | "invalid-argument"
  | "not-found"
  | "unreadable"
  | "not-audio"
  | "corrupt-audio"
  | "unsupported-audio"
  | "empty-audio"
  | "non-finite-samples"
  | "unwritable"
  | "corrupt-data"
  | "weights-missing"
  | "weights-corrupt"
  | "weights-mismatch"
  | "download-failed"
  | "checksum-mismatch"
  | "offline"
  | "graph-invalid"
  | "runtime-unavailable"
  | "device-unavailable"
  | "runtime-failed"
  | "aborted";

/**
 * Base of all errors thrown on purpose.
 *
 * `message` says what is wrong, naming the file, tensor or option; `hint` says what to do next.
 */
export class XumxError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, hint?: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    this.hint = hint;
  }
}

/** An option or argument out of its range. */
export class ArgumentError extends XumxError {
  constructor(message: string, hint?: string) {
    super("invalid-argument", message, hint);
  }
}

/** Audio that cannot be read, decoded, resampled or written. */
export class AudioError extends XumxError {}

/** A data set, estimates or score files that contradict each other or themselves. */
export class DataError extends XumxError {
  constructor(message: string, hint?: string, options?: ErrorOptions) {
    super("corrupt-data", message, hint, options);
  }
}

/** Weights or configuration that are missing, damaged or do not fit the network. */
export class WeightsError extends XumxError {}

/** A graph that breaks the rules of its ops. */
export class GraphError extends XumxError {
  constructor(message: string, hint?: string) {
    super("graph-invalid", message, hint);
  }
}

/** The tensor runtime cannot be loaded or failed while running. */
export class RuntimeError extends XumxError {}

/** The caller's AbortSignal fired. */
export class AbortError extends XumxError {
  constructor(cause?: unknown) {
    super("aborted", "The operation was aborted.", undefined, { cause });
  }
}

/** Throws {@link AbortError} if `signal` has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AbortError(signal.reason);
}
