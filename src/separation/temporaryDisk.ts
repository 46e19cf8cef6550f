/** The disk of temporary files (Node): a hidden folder that goes with the program, however it ends. */
import { type FileHandle, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PrivateFolder, unwritable } from "../files/index.ts";
import type { DiskFile, ScratchDisk } from "./scratch.ts";

/** Makes it, where the environment says that temporary files belong. @throws {FileError} "unwritable" */
export async function openTemporaryDisk(): Promise<ScratchDisk> {
  const folder = await PrivateFolder.create(tmpdir());
  const files = new Set<TemporaryFile>();
  let count = 0;
  return {
    async file() {
      const path = join(folder.path, `${count++}`);
      const handle = await open(path, "w+").catch((cause: unknown) => {
        throw unwritable(path, cause);
      });
      const file = new TemporaryFile(path, handle);
      files.add(file);
      return file;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...files].map((file) => file.close()));
      await folder[Symbol.asyncDispose]();
    },
  };
}

class TemporaryFile implements DiskFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  #closing: Promise<void> | undefined;

  constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  async read(position: number, into: Uint8Array): Promise<void> {
    for (let done = 0; done < into.length; ) {
      const { bytesRead } = await this.#handle.read(
        into,
        done,
        into.length - done,
        position + done,
      );
      if (bytesRead === 0) throw new RangeError(`${this.#path} ends before ${position + done}`);
      done += bytesRead;
    }
  }

  async write(position: number, bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#handle
        .write(bytes, done, bytes.length - done, position + done)
        .catch((cause: unknown) => {
          throw unwritable(this.#path, cause);
        });
      done += bytesWritten;
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#handle.close().then(() => rm(this.#path, { force: true }));
    return this.#closing;
  }
}
