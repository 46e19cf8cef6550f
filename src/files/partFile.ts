/** A file that appears under its own name only when it is whole. */
import { rename } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { unwritable } from "./fileError.ts";
import { FileWriter } from "./fileWriter.ts";
import { PrivateFolder } from "./privateFolder.ts";
import { syncFolder } from "./sync.ts";
import { replaceable } from "./target.ts";

/**
 * Bytes on their way to a file. They go to a hidden folder beside it; {@link close} forces them to the disk, gives the
 * file its name, and replaces what was there. {@link abort} removes them; so does the next program that writes there, if
 * this one is killed.
 */
export class PartFile {
  /** The target; of a link, its end. */
  readonly path: string;
  readonly #folder: PrivateFolder;
  readonly #writer: FileWriter;
  #ended = false;

  private constructor(path: string, folder: PrivateFolder, writer: FileWriter) {
    this.path = path;
    this.#folder = folder;
    this.#writer = writer;
  }

  /**
   * Begins the file; missing parent folders are made. A link is followed, its target will be replaced.
   * @throws {FileError} "unwritable", also when the target is a folder or a device.
   */
  static async create(path: string): Promise<PartFile> {
    try {
      const target = await replaceable(path);
      const folder = await PrivateFolder.create(dirname(target));
      try {
        const part = join(folder.path, `0${extname(target)}`);
        return new PartFile(target, folder, await FileWriter.create(part, target));
      } catch (error) {
        await folder[Symbol.asyncDispose]();
        throw error;
      }
    } catch (cause) {
      throw unwritable(path, cause);
    }
  }

  /** Appends. @throws {FileError} "unwritable". */
  write(bytes: Uint8Array): Promise<void> {
    return this.#writer.write(bytes);
  }

  /** Writes over the beginning. @throws {FileError} "unwritable". */
  rewrite(bytes: Uint8Array): Promise<void> {
    return this.#writer.rewrite(bytes);
  }

  /** Ends the file and gives it its name. Harmless to repeat. @throws {FileError} "unwritable". */
  async close(): Promise<void> {
    if (this.#ended) return;
    await this.#writer.close();
    try {
      await rename(this.#writer.part, this.path);
      await syncFolder(dirname(this.path));
    } catch (cause) {
      throw unwritable(this.path, cause);
    }
    this.#ended = true;
    await this.#folder[Symbol.asyncDispose]();
  }

  /** Gives up and removes what was written; does nothing after {@link close}. */
  async abort(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    try {
      await this.#writer.abort();
    } finally {
      await this.#folder[Symbol.asyncDispose]();
    }
  }
}

/**
 * Writes a file so that a reader, and a program started after a crash or a power cut, finds the old content or the new
 * one. Missing parent folders are made.
 *
 * @param parts the content, one after another; text as UTF-8
 * @throws {FileError} "unwritable"; nothing is left behind then
 */
export async function writeAtomically(
  path: string,
  ...parts: readonly (string | Uint8Array)[]
): Promise<void> {
  const file = await PartFile.create(path);
  try {
    for (const part of parts) {
      await file.write(typeof part === "string" ? new TextEncoder().encode(part) : part);
    }
    await file.close();
  } catch (error) {
    await file.abort().catch(() => {});
    throw error;
  }
}
