/** Bytes to a new file, in small pieces or large ones. */
import { type FileHandle, open, rm } from "node:fs/promises";
import { unwritable } from "./fileError.ts";

/** Small pieces are gathered to this many bytes. */
const BUFFER_BYTES = 1 << 18;

/** A file that must last is forced to the disk whenever so much of it is new: its end then waits for little. */
const FORCED_BYTES = 1 << 23;

/** One file at a time is forced, so that of the few threads that do such work the others read and write. */
let lastForced: Promise<unknown> = Promise.resolve();

/** Writes one new file. Errors name the file that it is written for. */
export class FileWriter {
  /** Where the bytes go. */
  readonly part: string;
  /** What it is written for, for messages. */
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #buffered = 0;
  #position = 0;
  readonly #durable: boolean;
  #forcedTo = 0;
  /** What is being forced to the disk; undefined again when it is there. It fails only where it is waited for. */
  #forcing: Promise<void> | undefined;
  #closed = false;

  /**
   * @param durable whether {@link close} forces the file to the disk; not for what is needed only meanwhile.
   * @throws {FileError} "unwritable", also if there is such a file.
   */
  static async create(part: string, path: string, durable = true): Promise<FileWriter> {
    try {
      return new FileWriter(part, path, await open(part, "wx"), durable);
    } catch (cause) {
      throw unwritable(path, cause);
    }
  }

  private constructor(part: string, path: string, handle: FileHandle, durable: boolean) {
    this.part = part;
    this.path = path;
    this.#handle = handle;
    this.#durable = durable;
  }

  /** Appends; `bytes` may be used again when it resolves. @throws {FileError} "unwritable". */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#buffered + bytes.length > BUFFER_BYTES) await this.#flush();
    if (bytes.length > BUFFER_BYTES) {
      await this.#append(bytes);
    } else {
      this.#buffer.set(bytes, this.#buffered);
      this.#buffered += bytes.length;
    }
  }

  /** Writes over the beginning of the file. @throws {FileError} "unwritable". */
  async rewrite(bytes: Uint8Array): Promise<void> {
    await this.#flush();
    await this.#put(bytes, 0);
  }

  /** Ends the file, which is on the disk then if it is to last. Harmless to repeat. @throws {FileError} "unwritable". */
  async close(): Promise<void> {
    if (this.#closed) return;
    await this.#flush();
    try {
      await this.#forcing;
      if (this.#durable) await this.#handle.sync();
      await this.#end();
    } catch (cause) {
      throw unwritable(this.path, cause);
    }
  }

  /** Ends and removes the file. */
  async abort(): Promise<void> {
    try {
      await this.#end();
    } finally {
      await rm(this.part, { force: true });
    }
  }

  async #end(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#handle.close();
  }

  async #flush(): Promise<void> {
    await this.#append(this.#buffer.subarray(0, this.#buffered));
    this.#buffered = 0;
  }

  async #append(bytes: Uint8Array): Promise<void> {
    await this.#put(bytes, this.#position);
    this.#position += bytes.length;
    if (!this.#durable || this.#forcing || this.#position - this.#forcedTo < FORCED_BYTES) return;
    this.#forcedTo = this.#position;
    const forcing = lastForced.then(async () => {
      if (!this.#closed) await this.#handle.datasync();
      this.#forcing = undefined;
    });
    // After an error the system forgets it: it must not be lost before the file's end.
    this.#forcing = forcing;
    lastForced = forcing.catch(() => undefined);
  }

  async #put(bytes: Uint8Array, position: number): Promise<void> {
    try {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await this.#handle.write(
          bytes,
          done,
          bytes.length - done,
          position + done,
        );
        done += bytesWritten;
      }
    } catch (cause) {
      throw unwritable(this.path, cause);
    }
  }
}
