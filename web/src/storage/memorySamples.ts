/** Samples in memory: blocks that are made as they are needed. */
import { BLOCK, type Samples, stretches, within } from "./samples.ts";

export class MemorySamples implements Samples {
  readonly channels: number;
  #frames = 0;
  readonly #blocks: Float32Array[][] = [];
  readonly #released: () => void;

  /** @param released is called once, when the room is given back. */
  constructor(channels: number, released: () => void = () => undefined) {
    this.channels = channels;
    this.#released = released;
  }

  get frames(): number {
    return this.#frames;
  }

  append(block: readonly Float32Array[]): void {
    const end = this.#frames + block[0].length;
    for (const { block: number, within, from, length } of stretches(this.#frames, end)) {
      const own = this.#block(number);
      for (const [c, channel] of block.entries()) {
        own[c].set(channel.subarray(from, from + length), within);
      }
    }
    this.#frames = end;
  }

  read(start: number, into: readonly Float32Array[]): void {
    const { from, to } = within(this.#frames, start, into);
    for (const stretch of stretches(from, to)) {
      const own = this.#blocks[stretch.block];
      const end = stretch.within + stretch.length;
      for (const [c, channel] of into.entries()) {
        channel.set(own[c].subarray(stretch.within, end), from - start + stretch.from);
      }
    }
  }

  async release(): Promise<void> {
    this.#blocks.length = 0;
    this.#frames = 0;
    this.#released();
  }

  #block(number: number): Float32Array[] {
    this.#blocks[number] ??= Array.from({ length: this.channels }, () => new Float32Array(BLOCK));
    return this.#blocks[number];
  }
}
