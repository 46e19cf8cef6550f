/** Errors on their way between threads, which keep only the data of an object: no class, and no stack. */
import {
  AbortError,
  ArgumentError,
  AudioError,
  ClosedError,
  DataError,
  type ErrorCode,
  FileError,
  GraphError,
  LiveError,
  RuntimeError,
  ThreadError,
  WeightsError,
  XumxError,
} from "../errors.ts";
import { shortage } from "../shortage.ts";

/** Classes whose code may be one of several; the first that fits an error is its own. */
const classes = {
  ThreadError,
  RuntimeError,
  WeightsError,
  FileError,
  AudioError,
  LiveError,
  XumxError,
} as const;

/** An error as data. */
export interface SentError {
  readonly family: keyof typeof classes;
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | undefined;
}

/** Whatever was thrown, as data. What was not thrown on purpose is "runtime-failed", or what the machine lacks. */
export function sentError(thrown: unknown): SentError {
  const error = thrown instanceof XumxError ? thrown : (shortage(thrown) ?? unforeseen(thrown));
  const { code, message, hint } = error;
  return { family: familyOf(error), code, message, hint };
}

/** The error again: of the same class, code and words. */
export function fromSent({ family, code, message, hint }: SentError): XumxError {
  if (code === "invalid-argument") return new ArgumentError(message, hint);
  if (code === "graph-invalid") return new GraphError(message, hint);
  if (code === "corrupt-data") return new DataError(message, hint);
  if (code === "closed") return new ClosedError(message, hint);
  if (code === "aborted") return new AbortError();
  return new classes[family](code, message, hint);
}

function unforeseen(thrown: unknown): RuntimeError {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new RuntimeError("runtime-failed", message, undefined, { cause: thrown });
}

function familyOf(error: XumxError): keyof typeof classes {
  if (error instanceof ThreadError) return "ThreadError";
  if (error instanceof RuntimeError) return "RuntimeError";
  if (error instanceof WeightsError) return "WeightsError";
  if (error instanceof FileError) return "FileError";
  if (error instanceof LiveError) return "LiveError";
  return error instanceof AudioError ? "AudioError" : "XumxError";
}
