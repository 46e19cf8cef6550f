/** Why a song failed, as data that lies in the queue; and whether another try may help. */
import { type ErrorCode, XumxError } from "../errors.ts";

/** Why a song failed. */
export interface SongFailure {
  /** A stable name of the reason, as errors have it; "lost" if workers died of it, "unknown" if it is none of ours. */
  readonly code: ErrorCode | "lost" | "unknown";
  /** For people. */
  readonly message: string;
  readonly hint?: string;
}

/** What lies in the song or in what was asked for: a second try would end the same. */
const final: ReadonlySet<string> = new Set<ErrorCode>([
  ...([
    "invalid-argument",
    "not-found",
    "not-audio",
    "corrupt-audio",
    "unsupported-audio",
  ] as const),
  ...(["empty-audio", "non-finite-samples", "corrupt-data", "not-allowed", "changed"] as const),
  "too-large",
]);

/** Whether no other try would help. */
export function isFinal(error: unknown): boolean {
  return error instanceof XumxError && final.has(error.code);
}

/** A failure as the queue keeps it. */
export function failureText(error: unknown): string {
  const failure: SongFailure =
    error instanceof XumxError
      ? { code: error.code, message: error.message, ...(error.hint && { hint: error.hint }) }
      : { code: "unknown", message: error instanceof Error ? error.message : String(error) };
  return JSON.stringify(failure);
}

/** A failure as the queue kept it; the queue has words of its own for jobs whose workers died. */
export function readFailure(text: string): SongFailure {
  if (/stalled more than/.test(text)) {
    return {
      code: "lost",
      message: "The workers died, or lost the queue, while they were at this song.",
      hint: "Look at their messages and memory; separate the song alone (xumx-slicq demix), then retry it.",
    };
  }
  try {
    const value: unknown = JSON.parse(text);
    if (isFailure(value)) return value;
  } catch {
    // No text of ours.
  }
  return { code: "unknown", message: text };
}

function isFailure(value: unknown): value is SongFailure {
  if (typeof value !== "object" || value === null) return false;
  if (!("code" in value && "message" in value)) return false;
  return typeof value.code === "string" && typeof value.message === "string";
}

/** The longest wait between two tries of a song, seconds. */
const LONGEST = 300;

/**
 * Seconds until a song is tried again, doubling from 1 on: up to 5 minutes. A half of it is left to chance, so that songs that
 * failed together do not come back together.
 * @param tries that failed.
 * @param chance 0 to 1.
 */
export function secondsUntilRetry(tries: number, chance = Math.random()): number {
  return Math.min(LONGEST, 2 ** (tries - 1)) * (0.5 + chance / 2);
}
