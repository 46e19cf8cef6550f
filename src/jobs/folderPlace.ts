/** Outputs of a song in a folder. */
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { FolderStore } from "../demix/index.ts";
import { FileError } from "../errors.ts";
import { clearLeftovers, systemCode, writeAtomically } from "../files/index.ts";
import type { SongPlace } from "./songPlace.ts";

/** A folder as a {@link SongPlace}; it is made when the first output is begun. */
export class FolderPlace extends FolderStore implements SongPlace {
  readonly #path: string;

  constructor(path: string) {
    super(path);
    this.#path = path;
  }

  async sizeOf(key: string): Promise<number | undefined> {
    const path = join(this.#path, key);
    try {
      return (await stat(path)).size;
    } catch (cause) {
      if (systemCode(cause) === "ENOENT" || systemCode(cause) === "ENOTDIR") return undefined;
      throw unreadable(path, cause);
    }
  }

  async read(key: string): Promise<AsyncIterable<Uint8Array>> {
    return createReadStream(join(this.#path, key), { highWaterMark: 1 << 20 });
  }

  put(key: string, text: string): Promise<void> {
    return writeAtomically(join(this.#path, key), text);
  }

  async clear(): Promise<void> {
    const names = await readdir(this.#path).catch(() => undefined);
    if (names) await clearLeftovers(this.#path);
  }
}

function unreadable(path: string, cause: unknown): FileError {
  const reason = systemCode(cause) ?? String(cause);
  const hint = "Check the path and its permissions.";
  return new FileError("unreadable", `${path} cannot be read (${reason}).`, hint, { cause });
}
