/** Why live separation does nothing. */
import { ClosedError, LiveError } from "../errors.ts";

export function closed(): ClosedError {
  return new ClosedError("The live separator was closed.", "Open another one.");
}

export function overrun(): LiveError {
  return new LiveError(
    "overrun",
    "The block before is not separated yet.",
    "Wait for it; where blocks come too fast, a smaller model or a faster machine is needed.",
  );
}
