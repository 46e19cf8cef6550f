/** Reads a stream of blocks in steps of any size: for a second reading beside a first. */

export class StepReader implements AsyncDisposable {
  readonly #source: AsyncIterator<readonly Float32Array[]>;
  readonly #channels: number;
  readonly #release: () => Promise<void>;
  #block: readonly Float32Array[] = [];
  /** Frames of the block that are gone. */
  #used = 0;

  /** @param release is called when the reader is left. */
  constructor(
    source: AsyncIterable<readonly Float32Array[]>,
    channels: number,
    release: () => Promise<void>,
  ) {
    this.#source = source[Symbol.asyncIterator]();
    this.#channels = channels;
    this.#release = release;
  }

  /** The next frames in new arrays; zeros once the stream has ended. */
  async take(frames: number): Promise<readonly Float32Array[]> {
    const out = Array.from({ length: this.#channels }, () => new Float32Array(frames));
    for (let done = 0; done < frames; ) {
      const held = (this.#block[0]?.length ?? 0) - this.#used;
      if (held === 0) {
        const next = await this.#source.next();
        if (next.done) break;
        this.#block = next.value;
        this.#used = 0;
        continue;
      }
      const count = Math.min(held, frames - done);
      for (const [c, channel] of out.entries()) {
        channel.set(this.#block[c].subarray(this.#used, this.#used + count), done);
      }
      this.#used += count;
      done += count;
    }
    return out;
  }

  /** Lets the stream go. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#source.return?.();
    await this.#release();
  }
}
