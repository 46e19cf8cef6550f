/** A file that appears under its own name only when it is whole. */
import { randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { AudioError } from "../errors.ts";
import type { ByteSink } from "./byteSink.ts";

/** Small pieces are gathered to this many bytes. */
const BUFFER_BYTES = 1 << 18;
/** Names longer than this, in bytes, are not allowed by usual file systems. */
const MAX_NAME_BYTES = 255;

/**
 * Bytes on their way to a file. They go to a file with the ending `.part` next to the target; {@link close} gives it
 * the target's name and replaces what was there, {@link abort} removes it.
 */
export class PartFile implements ByteSink {
  /** The target; of a link, its end. */
  readonly path: string;
  readonly #part: string;
  readonly #handle: FileHandle;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #buffered = 0;
  #position = 0;

  private constructor(path: string, part: string, handle: FileHandle) {
    this.path = path;
    this.#part = part;
    this.#handle = handle;
  }

  /**
   * Opens the part file; missing parent folders are made. A link is followed, its target will be replaced.
   * @throws AudioError "unwritable", also when the target is a folder or a device.
   */
  static async create(path: string): Promise<PartFile> {
    try {
      await mkdir(dirname(path), { recursive: true });
      const target = await replaceable(path);
      const part = partName(target);
      return new PartFile(target, part, await open(part, "wx"));
    } catch (cause) {
      throw unwritable(path, cause);
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#buffered + bytes.length > BUFFER_BYTES) await this.#flush();
    if (bytes.length > BUFFER_BYTES) {
      await this.#put(bytes, this.#position);
      this.#position += bytes.length;
    } else {
      this.#buffer.set(bytes, this.#buffered);
      this.#buffered += bytes.length;
    }
  }

  async rewrite(bytes: Uint8Array): Promise<void> {
    await this.#flush();
    await this.#put(bytes, 0);
  }

  async close(): Promise<void> {
    await this.#flush();
    try {
      await this.#handle.close();
      await rename(this.#part, this.path);
    } catch (cause) {
      throw unwritable(this.path, cause);
    }
  }

  async abort(): Promise<void> {
    try {
      await this.#handle.close();
    } finally {
      await rm(this.#part, { force: true });
    }
  }

  async #flush(): Promise<void> {
    await this.#put(this.#buffer.subarray(0, this.#buffered), this.#position);
    this.#position += this.#buffered;
    this.#buffered = 0;
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

/** The path itself or, of a link, its end; refuses what is there and is no regular file. */
async function replaceable(path: string): Promise<string> {
  const stats = await stat(path).catch(() => undefined);
  if (!stats) return path;
  if (stats.isFile()) return realpath(path);
  const kind = stats.isDirectory() ? "is a folder" : "is not a regular file";
  throw new AudioError("unwritable", `${path} ${kind}.`, "Choose another output path.");
}

/** A free name in the target's folder, short enough for the file system where the target's is. */
function partName(target: string): string {
  const ending = `.${randomBytes(4).toString("hex")}.part`;
  let stem = basename(target);
  if (Buffer.byteLength(stem) <= MAX_NAME_BYTES) {
    while (Buffer.byteLength(stem + ending) > MAX_NAME_BYTES) stem = stem.slice(0, -1);
  }
  return join(dirname(target), stem + ending);
}

/** What the system said, as an AudioError. */
export function unwritable(path: string, cause: unknown): AudioError {
  if (cause instanceof AudioError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AudioError(
    "unwritable",
    `${path} cannot be written: ${reason}`,
    "Check the folder's permissions and the free space, or choose another output path.",
    { cause },
  );
}
