/** Samples set aside until they are needed once more: for outputs whose gain is known only at the end. */
import type { Scratch } from "./store.ts";

/** Bytes of a sample. */
const BYTES = Float32Array.BYTES_PER_ELEMENT;

/** Blocks of samples in, the same samples out. They lie interleaved, in this machine's order of bytes. */
export class Aside {
  readonly #scratch: Scratch;
  readonly #channels: number;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #frames = new Float32Array(0);

  /** @param channels of every block. */
  constructor(scratch: Scratch, channels: number) {
    this.#scratch = scratch;
    this.#channels = channels;
    this.#writer = scratch.writable.getWriter();
    this.#writer.closed.catch(() => {});
    this.#writer.ready.catch(() => {});
  }

  /** Appends a block. */
  async write(block: readonly Float32Array[]): Promise<void> {
    const length = block[0].length * this.#channels;
    if (this.#frames.length < length) this.#frames = new Float32Array(length);
    for (const [c, channel] of block.entries()) {
      for (let i = 0, at = c; i < channel.length; i++, at += this.#channels) {
        this.#frames[at] = channel[i];
      }
    }
    await this.#writer.write(new Uint8Array(this.#frames.buffer, 0, length * BYTES));
  }

  /** Ends the writing. */
  async end(): Promise<void> {
    await this.#writer.close();
  }

  /** Gives up: nothing more is written or read. */
  async abort(): Promise<void> {
    await this.#writer.abort();
  }

  /** All blocks, cut in another way, after {@link end}; then the room is given back. */
  async *blocks(): AsyncGenerator<Float32Array[]> {
    const size = this.#channels * BYTES;
    const reader = (await this.#scratch.read()).getReader();
    try {
      let rest = new Uint8Array(0);
      for (;;) {
        const { value } = await reader.read();
        if (!value) break;
        const bytes = new Uint8Array(rest.length + value.length);
        bytes.set(rest);
        bytes.set(value, rest.length);
        const frames = Math.floor(bytes.length / size);
        rest = bytes.slice(frames * size);
        if (frames > 0)
          yield this.#block(new Float32Array(bytes.buffer, 0, frames * this.#channels));
      }
    } finally {
      await reader.cancel();
      await this.#scratch.remove();
    }
  }

  #block(samples: Float32Array): Float32Array[] {
    const channels = this.#channels;
    return Array.from({ length: channels }, (_, c) => {
      const out = new Float32Array(samples.length / channels);
      for (let i = 0, at = c; i < out.length; i++, at += channels) out[i] = samples[at];
      return out;
    });
  }
}
