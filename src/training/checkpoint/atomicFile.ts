/** Files that are there whole or not at all: written aside, forced to the disk, then given their name. */
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { TrainingFileError } from "./fileError.ts";

/**
 * Writes a file so that a reader, and a program started after a crash, finds the old content or the new one.
 * Missing parent folders are made.
 *
 * @param parts the content, one array behind the other
 * @throws TrainingFileError; what was written aside is removed then
 */
export async function writeAtomically(
  path: string,
  ...parts: readonly Uint8Array[]
): Promise<void> {
  const aside = `${path}.${process.pid}.part`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const handle = await open(aside, "w");
    try {
      for (const part of parts) await handle.appendFile(part);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(aside, path);
  } catch (cause) {
    await rm(aside, { force: true }).catch(() => {});
    throw new TrainingFileError(path, cause);
  }
}
