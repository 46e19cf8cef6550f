/** A stream of bytes copied to a temporary file. */
import { constants, createWriteStream, open } from "node:fs";
import { stat } from "node:fs/promises";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { AbortError, FileError } from "../errors.ts";
import { PrivateFolder } from "../files/index.ts";
import { unreadable } from "./fileBytes.ts";

export class Spool {
  readonly path: string;
  readonly #folder: PrivateFolder;

  /**
   * Copies the stream to its end; it is destroyed on failure and abort.
   * @throws AudioError "unreadable"; FileError "unwritable"; AbortError.
   */
  static async create(
    stream: AsyncIterable<Uint8Array>,
    name: string,
    signal?: AbortSignal,
  ): Promise<Spool> {
    const spool = new Spool(await makeFolder(stream, name));
    try {
      const file = createWriteStream(spool.path, { flags: "wx", mode: 0o600 });
      await pipeline(stream, file, signal ? { signal } : {});
      return spool;
    } catch (cause) {
      await spool.remove();
      if (signal?.aborted) throw new AbortError(signal.reason);
      throw isOwn(cause, spool.path) ? unwritable(name, cause) : unreadable(name, cause);
    }
  }

  private constructor(folder: PrivateFolder) {
    this.#folder = folder;
    this.path = join(folder.path, "song");
  }

  /** Removes the file; harmless to repeat. */
  async remove(): Promise<void> {
    await this.#folder[Symbol.asyncDispose]();
  }
}

/** Whether the file failed, not the stream. */
function isOwn(cause: unknown, path: string): boolean {
  if (!(cause instanceof Error)) return false;
  return (
    ("syscall" in cause && cause.syscall === "write") || ("path" in cause && cause.path === path)
  );
}

async function makeFolder(stream: AsyncIterable<Uint8Array>, name: string): Promise<PrivateFolder> {
  try {
    return await PrivateFolder.create(tmpdir());
  } catch (cause) {
    // An open pipe would keep the process alive.
    if ("destroy" in stream && typeof stream.destroy === "function") stream.destroy();
    throw unwritable(name, cause);
  }
}

function unwritable(name: string, cause: unknown): FileError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new FileError(
    "unwritable",
    `${name} cannot be copied to a temporary file: ${reason}`,
    "Set TMPDIR to a folder with enough room.",
    { cause },
  );
}

/** Whether the path leads to a pipe; what is wrong with it shows when it is opened. */
export async function isPipe(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFIFO(),
    () => false,
  );
}

/**
 * Opens a pipe. Waiting for its writer blocks no thread, so it can be aborted.
 * @throws AudioError "unreadable".
 */
export async function pipeStream(path: string): Promise<AsyncIterable<Uint8Array>> {
  try {
    const fd = await promisify(open)(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return new Socket({ fd, readable: true, writable: false });
  } catch (cause) {
    throw unreadable(path, cause);
  }
}
