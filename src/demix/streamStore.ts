/** An output into a stream, such as the standard output. */
import { tmpdir } from "node:os";
import { ArgumentError } from "../errors.ts";
import type { OutputSet, Store } from "../stems/index.ts";
import { StagedFiles } from "./stagedFiles.ts";

/**
 * A WHATWG stream as a {@link Store} for one output. It is locked while that is written, and left open. What a song needs
 * meanwhile lies in the folder of temporary files.
 */
export class StreamStore implements Store {
  readonly seekable = false;
  readonly single = true;
  readonly #stream: WritableStream<Uint8Array>;

  constructor(stream: WritableStream<Uint8Array>) {
    this.#stream = stream;
  }

  locate(): undefined {
    return undefined;
  }

  async has(): Promise<boolean> {
    return false;
  }

  begin(): OutputSet {
    const files = new StagedFiles();
    return {
      create: async () => lent(this.#stream),
      scratch: (key) => files.scratch(key, tmpdir()),
      commit: async () => {},
      abort: () => files.abort(),
      [Symbol.asyncDispose]: () => files.abort(),
    };
  }
}

/** The same stream for one output: its end leaves the stream open, and chunks may be overwritten once they are written. */
function lent(stream: WritableStream<Uint8Array>): WritableStream<Uint8Array> {
  if (stream.locked) throw new ArgumentError("Something else writes to the output stream.");
  const writer = stream.getWriter();
  for (const end of [writer.ready, writer.closed]) end.catch(() => {});
  return new WritableStream({
    write: async (chunk) => {
      try {
        await writer.write(chunk.slice());
      } catch (error) {
        // A stream that failed is not told of its end.
        writer.releaseLock();
        throw error;
      }
    },
    close: () => writer.releaseLock(),
    abort: () => writer.releaseLock(),
  });
}
