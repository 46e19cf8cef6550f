/** The one way in which this room says that a weight file is damaged. */
import { WeightsError } from "../errors.ts";

/** An error of code `weights-corrupt`, ready to be thrown. */
export function corrupt(
  message: string,
  hint = "Get the file again; the copy at hand is damaged or is no weight file.",
  cause?: unknown,
): WeightsError {
  return new WeightsError("weights-corrupt", message, hint, { cause });
}
