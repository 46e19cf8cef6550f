/** Errors as people read them. */
import { english } from "../text/english.ts";

/** What is wrong, and what to do next. */
export interface Explanation {
  readonly message: string;
  readonly hint?: string | undefined;
}

/** The library's errors explain themselves; of others the message is all there is. */
export function explained(error: unknown): Explanation {
  if (!(error instanceof Error)) return { message: english.unknownError };
  const hint = "hint" in error && typeof error.hint === "string" ? error.hint : undefined;
  return { message: error.message || english.unknownError, hint };
}
