/** Bytes to a Node stream, such as the standard output. */
import { AudioError } from "../errors.ts";
import type { ByteSink } from "./byteSink.ts";

/** What is asked of a stream that takes bytes: every `Writable` of Node is one. */
export interface ByteStream {
  /** Takes bytes and calls `done` when more may come. */
  write(bytes: Uint8Array, done: (error?: Error | null) => void): unknown;
  on(event: "error", listener: () => void): unknown;
  listeners(event: "error"): readonly unknown[];
}

/** Waits for the stream to take each piece, so that a slow reader slows the writer down. The stream is left open. */
export class StreamSink implements ByteSink {
  readonly path: string;
  readonly #stream: ByteStream;

  constructor(stream: ByteStream, name: string) {
    this.path = name;
    this.#stream = stream;
    // Without a listener the failure that write() reports would also end the process. It stays: a pipe may break late.
    if (!stream.listeners("error").includes(ignore)) stream.on("error", ignore);
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    await new Promise<void>((resolve, reject) => {
      this.#stream.write(bytes, (cause) => {
        if (cause) reject(this.#unwritable(cause));
        else resolve();
      });
    });
  }

  async close(): Promise<void> {}

  async abort(): Promise<void> {}

  #unwritable(cause: Error): AudioError {
    const code = "code" in cause ? cause.code : undefined;
    const gone = ["EPIPE", "ERR_STREAM_DESTROYED", "ERR_STREAM_WRITE_AFTER_END"].includes(
      String(code),
    );
    return gone
      ? new AudioError(
          "unwritable",
          `${this.path} was closed before the audio ended.`,
          "Keep the program that reads it running to the end.",
          { cause },
        )
      : new AudioError(
          "unwritable",
          `${this.path} cannot be written: ${cause.message}`,
          undefined,
          {
            cause,
          },
        );
  }
}

function ignore(): void {}
