/** Folders that one program at a time may work in. */
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { FileError } from "../errors.ts";
import { unwritable } from "./fileError.ts";
import { ABANDONED, isGone, ownerOf } from "./owner.ts";
import { PrivateFolder } from "./privateFolder.ts";

/**
 * Keeps a folder for the caller until it is disposed. A lock whose program was killed does not count: at once if that
 * ran here, else when it has given no sign of life for a while.
 *
 * @param what what is done there, for messages: "a training".
 * @throws {FileError} "locked" if the folder is in use: of two who come at the very same time, perhaps neither gets it;
 * "unwritable".
 */
export async function lockFolder(folder: string, what: string): Promise<AsyncDisposable> {
  const lock = await PrivateFolder.create(folder, { kind: "lock" });
  try {
    const { mtimeMs: now } = await lstat(lock.path);
    for (const name of await readdir(folder)) {
      const owner = ownerOf(name);
      if (owner?.kind !== "lock" || join(lock.parent, name) === lock.path) continue;
      const found = await lstat(join(folder, name)).catch(() => undefined);
      if (!found || isGone(owner, (now - found.mtimeMs) / 1e3)) continue;
      throw new FileError(
        "locked",
        `${folder} is in use by ${what} (process ${owner.pid}).`,
        `Wait for its end, or choose another folder. If it was killed on another machine or in another container, ` +
          `the folder is free ${ABANDONED / 60} minutes later.`,
      );
    }
    return lock;
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    throw unwritable(folder, error);
  }
}
