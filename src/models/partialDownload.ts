/**
 * A download that is not yet whole. It belongs to one download at a time.
 *
 * While bytes arrive they lie in a folder of their own, so that downloads of one model that run at once, in any number
 * of programs, never write to the same file. One that is given up is renamed to `<file>.part`, from where the next
 * download takes it: only one can succeed in renaming it. What a killed program left is taken there too.
 */
import { type FileHandle, lstat, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { PrivateFolder, syncFolder } from "../files/index.ts";

export class PartialDownload {
  /** The file that this will be. */
  readonly target: string;
  readonly #folder: PrivateFolder;
  readonly #path: string;
  readonly #handle: FileHandle;
  #size: number;

  /** Takes what an earlier download left, or begins anew. Makes the folder. @throws system errors; FileError */
  static async claim(target: string): Promise<PartialDownload> {
    const folder = await keepingParts(dirname(target));
    try {
      const path = join(folder.path, basename(target));
      // Another download may have been faster.
      await rename(remainder(target), path).catch(() => {});
      const handle = await open(path, "a");
      const { size } = await handle.stat();
      return new PartialDownload(target, folder, path, handle, size);
    } catch (error) {
      await folder[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(
    target: string,
    folder: PrivateFolder,
    path: string,
    handle: FileHandle,
    size: number,
  ) {
    this.target = target;
    this.#folder = folder;
    this.#path = path;
    this.#handle = handle;
    this.#size = size;
  }

  /** Bytes at hand. */
  get size(): number {
    return this.#size;
  }

  /** Begins anew. */
  async clear(): Promise<void> {
    await this.#handle.truncate(0);
    this.#size = 0;
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.#handle.appendFile(bytes);
    this.#size += bytes.length;
  }

  /** What is at hand, read back from the disk. */
  async *content(): AsyncGenerator<Uint8Array> {
    const handle = await open(this.#path, "r");
    try {
      for await (const chunk of handle.createReadStream({
        highWaterMark: 1 << 20,
        autoClose: false,
      }))
        yield chunk;
    } finally {
      await handle.close();
    }
  }

  /** Gives the file its name, and removes what other downloads of it left. */
  async finish(): Promise<void> {
    await this.#handle.sync();
    await this.#handle.close();
    await rename(this.#path, this.target);
    await syncFolder(dirname(this.target));
    await rm(remainder(this.target), { force: true });
    await this.#folder[Symbol.asyncDispose]();
  }

  /** Leaves what is at hand to the next download. */
  async leave(): Promise<void> {
    await this.#handle.close().catch(() => {});
    if (this.#size > 0) await rename(this.#path, remainder(this.target)).catch(() => {});
    await this.#folder[Symbol.asyncDispose]();
  }

  async discard(): Promise<void> {
    await this.#handle.close().catch(() => {});
    await this.#folder[Symbol.asyncDispose]();
  }
}

/** Where the beginning of a file lies that nobody is fetching. */
export function remainder(target: string): string {
  return `${target}.part`;
}

/** Puts the beginnings that killed downloads left in a folder where {@link remainder} says. Never fails. */
export async function gatherRemainders(folder: string): Promise<void> {
  try {
    await using _folder = await keepingParts(folder);
  } catch {
    // There is no such folder, or nothing can be written there.
  }
}

function keepingParts(folder: string): Promise<PrivateFolder> {
  return PrivateFolder.create(folder, {
    salvage: async (leftover) => {
      for (const name of await readdir(leftover)) {
        const [found, before] = await Promise.all(
          [join(leftover, name), remainder(join(folder, name))].map((path) =>
            lstat(path).catch(() => undefined),
          ),
        );
        if (!found?.isFile() || (before && before.size >= found.size)) continue;
        await rename(join(leftover, name), remainder(join(folder, name)));
      }
    },
  });
}
