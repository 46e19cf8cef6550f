/** Rows of numbers, one for each frame of a song, in blocks of equally many. */
export class Rows {
  readonly width: number;
  readonly #perBlock: number;
  readonly #blocks: Float32Array[] = [];

  /** @param perBlock rows of a block; the last one may have fewer */
  constructor(width: number, perBlock: number) {
    this.width = width;
    this.#perBlock = perBlock;
  }

  get blocks(): number {
    return this.#blocks.length;
  }

  /** Takes the next block, or one in the place of another. */
  set(index: number, block: Float32Array): void {
    this.#blocks[index] = block;
  }

  block(index: number): Float32Array {
    return this.#blocks[index];
  }

  /** A copy of some rows. */
  read(first: number, count: number): Float32Array<ArrayBuffer> {
    const out = new Float32Array(count * this.width);
    const end = first + count;
    for (let row = first; row < end; ) {
      const index = Math.floor(row / this.#perBlock);
      const from = row - index * this.#perBlock;
      const to = Math.min(this.#perBlock, from + end - row);
      const part = this.#blocks[index].subarray(from * this.width, to * this.width);
      out.set(part, (row - first) * this.width);
      row += to - from;
    }
    return out;
  }
}
