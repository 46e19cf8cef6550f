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
  | "locked"
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
  | "thread-died"
  | "out-of-memory"
  | "out-of-files"
  | "package-missing"
  | "not-allowed"
  | "changed"
  | "wrong-model"
  | "too-large"
  | "store-failed"
  | "queue-failed"
  | "not-live"
  | "overrun"
  | "closed"
  | "aborted";

/**
 * Base of all errors thrown on purpose.
 *
 * `message` says what is wrong, naming the file, tensor or option; `hint` says what to do next.
 */
export class XumxError extends Error {
  /** Written out in every class: minifiers rename classes. */
  override readonly name: string = "XumxError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, hint?: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.hint = hint;
  }
}

/** An option or argument out of its range. */
export class ArgumentError extends XumxError {
  override readonly name: string = "ArgumentError";

  constructor(message: string, hint?: string) {
    super("invalid-argument", message, hint);
  }
}

/** A file or folder that cannot be read, written or had for oneself. */
export class FileError extends XumxError {
  override readonly name: string = "FileError";
}

/** Audio that cannot be read, decoded, resampled or written. */
export class AudioError extends XumxError {
  override readonly name: string = "AudioError";
}

/** A data set, estimates or score files that contradict each other or themselves. */
export class DataError extends XumxError {
  override readonly name: string = "DataError";

  constructor(message: string, hint?: string, options?: ErrorOptions) {
    super("corrupt-data", message, hint, options);
  }
}

/** Weights or configuration that are missing, damaged or do not fit the network. */
export class WeightsError extends XumxError {
  override readonly name: string = "WeightsError";
}

/** A graph that breaks the rules of its ops. */
export class GraphError extends XumxError {
  override readonly name: string = "GraphError";

  constructor(message: string, hint?: string) {
    super("graph-invalid", message, hint);
  }
}

/** The tensor runtime cannot be loaded or failed while running. */
export class RuntimeError extends XumxError {
  override readonly name: string = "RuntimeError";
}

/** A thread ended that was still needed ("thread-died", "out-of-memory"): what it worked on is lost, another may try again. */
export class ThreadError extends RuntimeError {
  override readonly name: string = "ThreadError";
}

/**
 * A song on its way through a queue of songs: a package that is needed for it ("package-missing"), a place that a worker must
 * not use ("not-allowed"), an input that is another one by now ("changed") or exceeds the limit ("too-large"), a model that is another one than
 * was meant ("wrong-model"), a store
 * ("store-failed") or the queue's own ("queue-failed") that cannot be reached or refuses.
 */
export class JobError extends XumxError {
  override readonly name: string = "JobError";
}

/** Live separation that cannot be: a model that waits too long ("not-live"), a block before its turn ("overrun"). */
export class LiveError extends XumxError {
  override readonly name: string = "LiveError";
}

/** Something is used that was closed, before or meanwhile. */
export class ClosedError extends XumxError {
  override readonly name: string = "ClosedError";

  constructor(message: string, hint?: string) {
    super("closed", message, hint);
  }
}

/** The caller's AbortSignal fired. */
export class AbortError extends XumxError {
  override readonly name: string = "AbortError";

  constructor(cause?: unknown) {
    super("aborted", "The operation was aborted.", undefined, { cause });
  }
}

/** What an aborted signal means: an {@link AbortError}, or the {@link ClosedError} that is the reason. */
export function abortionOf({ reason }: AbortSignal): AbortError | ClosedError {
  return reason instanceof ClosedError ? reason : new AbortError(reason);
}

/** Throws {@link abortionOf} the signal if it has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortionOf(signal);
}
