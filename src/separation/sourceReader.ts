/** Reads a source of blocks, and can leave it even while it does not answer. */
import { orAborted, throwIfAborted } from "../errors.ts";
import type { StereoBlock } from "./sampleQueue.ts";

export class SourceReader {
  readonly #source: AsyncIterator<StereoBlock>;
  readonly #signal: AbortSignal | undefined;
  /** Whether the source owes an answer. */
  #waiting = false;

  constructor(source: AsyncIterable<StereoBlock>, signal: AbortSignal | undefined) {
    this.#source = source[Symbol.asyncIterator]();
    this.#signal = signal;
  }

  /**
   * The next block that is not empty; undefined at the end.
   * @throws what the source throws; {@link AbortError} as soon as the signal fires, whatever the source does.
   */
  async next(): Promise<StereoBlock | undefined> {
    for (;;) {
      throwIfAborted(this.#signal);
      this.#waiting = true;
      const answer = this.#source.next().finally(() => {
        this.#waiting = false;
      });
      const next = await orAborted(answer, this.#signal);
      if (next.done) return undefined;
      const [left, right] = next.value;
      if (left.length > 0 || right.length > 0) return next.value;
    }
  }

  /** Lets the source go, read to its end or not; one that owes an answer is told, and not waited for. */
  async close(): Promise<void> {
    const left = this.#source.return?.();
    if (this.#waiting) left?.catch(() => undefined);
    else await left;
  }
}
