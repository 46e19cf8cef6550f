/** What goes wrong with files that a training writes. */
import { XumxError } from "../../errors.ts";

/** A file of a training cannot be written (full disk, no permission, a file where a folder should be). */
export class TrainingFileError extends XumxError {
  constructor(path: string, cause: unknown) {
    const reason = cause instanceof Error && "code" in cause ? ` (${cause.code})` : "";
    super(
      "unwritable",
      `${path} cannot be written${reason}.`,
      "Check the folder's permissions and the room on the disk.",
      { cause },
    );
  }
}
