/** What the program exits with. */
import type { XumxError } from "../errors.ts";
import { INTERRUPTED, interruptedCode } from "./abort.ts";

export const FAILED = 1;
export const MISUSED = 2;

/** Every code, for the documentation. */
export const exitCodes: readonly (readonly [code: number, meaning: string])[] = [
  [0, "all is done; or whoever read what is printed has gone (`| head`)"],
  [
    FAILED,
    "something failed; in a batch: some songs, all others are separated; or stdout could not be written, or was closed before a song on it had ended",
  ],
  [
    MISUSED,
    "the command line makes no sense, or all its songs would overwrite songs or each other's outputs; nothing was done",
  ],
  [INTERRUPTED - 1, "the terminal was closed (SIGHUP), like 130"],
  [INTERRUPTED, "interrupted (Ctrl-C); what was finished stays, nothing is left half-written"],
  [INTERRUPTED + 1, "interrupted by Ctrl-\\ (SIGQUIT), likewise"],
  [INTERRUPTED + 13, "terminated (SIGTERM), likewise"],
];

/** The code that an error stands for. */
export function exitCodeOf(error: XumxError): number {
  if (error.code === "aborted") return interruptedCode();
  return error.code === "invalid-argument" ? MISUSED : FAILED;
}
