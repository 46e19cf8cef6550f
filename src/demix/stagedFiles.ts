/** Files in a staging, as streams: outputs that appear together, and scratch that never does. */
import { open } from "node:fs/promises";
import type { StreamWrite } from "../audio/index.ts";
import { type FileWriter, Staging, unwritable } from "../files/index.ts";
import type { Scratch } from "../stems/index.ts";

/** Bytes that are read at a time. */
const READ_BYTES = 1 << 18;

export class StagedFiles {
  readonly #staging: Staging;
  /** Those needed only meanwhile. */
  readonly #asides = new Set<FileWriter>();

  /** @param within a folder that no output may leave by a link. */
  constructor(within?: string) {
    this.#staging = new Staging(within === undefined ? {} : { within });
  }

  /**
   * Begins a file that will have this path.
   * @throws {FileError} "unwritable", of the writes too.
   */
  async output(path: string): Promise<WritableStream<StreamWrite>> {
    return streamOf(await this.#staging.create(path));
  }

  /**
   * Begins a file that is needed only meanwhile.
   * @param path of the file for whose sake it is.
   * @param folder where it may lie; by default beside that, where there should be room for it.
   * @throws {FileError} "unwritable", of the writes too.
   */
  async scratch(path: string, folder?: string): Promise<Scratch> {
    const file = await this.#staging.aside(path, folder);
    this.#asides.add(file);
    return {
      writable: streamOf(file),
      read: () => reading(file),
      remove: async () => {
        this.#asides.delete(file);
        await file.abort();
      },
    };
  }

  /** As {@link Staging.commit}. */
  commit(): Promise<void> {
    return this.#staging.commit();
  }

  /** Closes and removes what has not been committed; harmless to repeat. */
  async abort(): Promise<void> {
    for (const file of this.#asides) await file.abort().catch(() => {});
    this.#asides.clear();
    await this.#staging[Symbol.asyncDispose]();
  }
}

/** A stream that fails is not told of its end: the staging closes its file. */
function streamOf(file: FileWriter): WritableStream<StreamWrite> {
  return new WritableStream({
    write: (chunk) => (chunk instanceof Uint8Array ? file.write(chunk) : file.rewrite(chunk.data)),
    close: () => file.close(),
    abort: () => file.abort(),
  });
}

/** The bytes of a file that was just written. */
async function reading({ part, path }: FileWriter): Promise<ReadableStream<Uint8Array>> {
  const file = await open(part).catch((cause: unknown) => {
    throw unwritable(path, cause);
  });
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { buffer, bytesRead } = await file.read(new Uint8Array(READ_BYTES), 0, READ_BYTES);
      if (bytesRead > 0) return controller.enqueue(buffer.subarray(0, bytesRead));
      controller.close();
      await file.close();
    },
    cancel: () => file.close(),
  });
}
