/** Bytes to a WHATWG stream: the standard output, or an output of a store. */
import { ArgumentError, AudioError, XumxError } from "../errors.ts";
import type { ByteSink } from "./byteSink.ts";

/**
 * What is written to a stream: the next bytes or, last of all and only where that was agreed on, bytes in place of the
 * first ones; in the form that the file streams of browsers (`FileSystemWritableFileStream`) take.
 */
export type StreamWrite =
  | Uint8Array
  | { readonly type: "write"; readonly position: number; readonly data: Uint8Array };

/** Whose stream it is. */
export type StreamTerms =
  /** Somebody's: it is left open, and what it is given stays as it is. */
  | { readonly kind: "lent" }
  /**
   * Made for this audio: it is closed or aborted in the end, and a chunk is overwritten as soon as its write has
   * resolved. `seekable`: it takes bytes in place of its first ones.
   */
  | { readonly kind: "own"; readonly seekable: boolean };

/** Waits for the stream to take each piece, so that a slow reader slows the writer down. */
export class StreamSink implements ByteSink {
  readonly path: string;
  readonly rewrite?: (bytes: Uint8Array) => Promise<void>;
  readonly #writer: WritableStreamDefaultWriter<StreamWrite>;
  readonly #own: boolean;
  #ended = false;

  /** @throws ArgumentError if something else writes to the stream. */
  constructor(stream: WritableStream<StreamWrite>, name: string, terms: StreamTerms) {
    this.path = name;
    this.#own = terms.kind === "own";
    if (stream.locked) {
      throw new ArgumentError(`${name} is locked: another writer has it.`, "Release that first.");
    }
    this.#writer = stream.getWriter();
    // Failures are told by the writes that meet them; nobody waits for these two.
    this.#writer.closed.catch(() => {});
    this.#writer.ready.catch(() => {});
    if (terms.kind === "own" && terms.seekable) {
      this.rewrite = (data) => this.#send({ type: "write", position: 0, data });
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (bytes.length > 0) await this.#send(this.#own ? bytes : bytes.slice());
  }

  async close(): Promise<void> {
    if (this.#own) await this.#told(this.#writer.close());
    this.#end();
  }

  async abort(): Promise<void> {
    if (this.#ended) return;
    if (this.#own) await this.#writer.abort();
    this.#end();
  }

  #end(): void {
    this.#ended = true;
    this.#writer.releaseLock();
  }

  #send(chunk: StreamWrite): Promise<void> {
    return this.#told(this.#writer.write(chunk));
  }

  async #told(step: Promise<void>): Promise<void> {
    try {
      await step;
    } catch (cause) {
      throw cause instanceof XumxError ? cause : this.#unwritable(cause);
    }
  }

  #unwritable(cause: unknown): AudioError {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    const gone = ["EPIPE", "ERR_STREAM_DESTROYED", "ERR_STREAM_WRITE_AFTER_END"].includes(code);
    return gone
      ? new AudioError(
          "unwritable",
          `${this.path} was closed before the audio ended.`,
          "Keep the program that reads it running to the end.",
          { cause },
        )
      : new AudioError(
          "unwritable",
          `${this.path} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`,
          "Check where it leads, and the free space there.",
          { cause },
        );
  }
}
