/** Files in a staging, as streams: outputs that appear together, and scratch that never does. */
import { open, rm } from "node:fs/promises";
import { type StreamWrite, unwritable } from "../audio/index.ts";
import { PartFile } from "../audio/partFile.ts";
import type { Scratch } from "../stems/index.ts";
import { Staging } from "./staging.ts";

/** Bytes that are read at a time. */
const READ_BYTES = 1 << 18;

export class StagedFiles {
  readonly #staging = new Staging();
  /** Those that are being written. */
  readonly #open = new Set<PartFile>();

  /**
   * Begins a file that will have this path.
   * @throws {AudioError} "unwritable", of the writes too.
   */
  async output(path: string): Promise<WritableStream<StreamWrite>> {
    return this.#stream(await this.#staging.place(path));
  }

  /**
   * Begins a file that is needed only meanwhile.
   * @param path of the file for whose sake it is.
   * @param folder where it may lie; by default beside that, where there should be room for it.
   * @throws {AudioError} "unwritable", of the writes too.
   */
  async scratch(path: string, folder?: string): Promise<Scratch> {
    const part = await this.#staging.scratch(path, folder);
    return {
      writable: await this.#stream(part),
      read: () => this.#told(reading(part)),
      remove: () => rm(part, { force: true }),
    };
  }

  /** As {@link Staging.commit}. */
  commit(): Promise<void> {
    return this.#staging.commit();
  }

  /** Closes and removes what has not been committed; harmless to repeat. */
  async abort(): Promise<void> {
    for (const file of this.#open) await file.abort().catch(() => {});
    this.#open.clear();
    await this.#staging[Symbol.asyncDispose]();
  }

  async #stream(part: string): Promise<WritableStream<StreamWrite>> {
    const file = await this.#told(PartFile.create(part));
    this.#open.add(file);
    const ended = (step: Promise<void>) => this.#told(step).finally(() => this.#open.delete(file));
    return new WritableStream({
      write: (chunk) =>
        this.#told(chunk instanceof Uint8Array ? file.write(chunk) : file.rewrite(chunk.data)),
      close: () => ended(file.close()),
      abort: () => ended(file.abort()),
    });
  }

  /** Errors tell the path that a file will have, not the one that it has meanwhile. */
  async #told<T>(step: Promise<T>): Promise<T> {
    try {
      return await step;
    } catch (error) {
      throw this.#staging.told(error);
    }
  }
}

/** The bytes of a file that was just written. */
async function reading(path: string): Promise<ReadableStream<Uint8Array>> {
  const file = await open(path).catch((cause: unknown) => {
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
