/** Rows of numbers, one for each frame of a song, in scratch files: of one file, or side by side of several. */
import type { Scratch, ScratchFile } from "./scratch.ts";

export class Rows {
  /** Numbers of a row. */
  readonly width: number;
  readonly #files: readonly ScratchFile[];
  /** Numbers of a row that lie in one file. */
  readonly #own: number;
  /** What is read of one of several files. */
  #part = new Float32Array(0);

  /** @param parts files that each hold as many numbers of a row */
  constructor(scratch: Scratch, width: number, parts = 1) {
    this.width = width;
    this.#own = width / parts;
    this.#files = Array.from({ length: parts }, () => scratch.file());
  }

  /** Writes rows from a frame on: their numbers in one of the files. */
  async write(first: number, rows: Float32Array, part = 0): Promise<void> {
    await this.#files[part].write(first * this.#own, rows);
  }

  /** Fills an array with rows from a frame on. */
  async read(first: number, into: Float32Array): Promise<void> {
    const count = into.length / this.width;
    const [only, ...others] = this.#files;
    if (others.length === 0) return only.read(first * this.width, into);
    const size = count * this.#own;
    // Several may read at once.
    const part = this.#part.length >= size ? this.#part : new Float32Array(size);
    this.#part = new Float32Array(0);
    for (const [p, file] of this.#files.entries()) {
      const rows = part.subarray(0, size);
      await file.read(first * this.#own, rows);
      for (let row = 0; row < count; row++) {
        into.set(
          rows.subarray(row * this.#own, (row + 1) * this.#own),
          row * this.width + p * this.#own,
        );
      }
    }
    this.#part = part;
  }

  async close(): Promise<void> {
    for (const file of this.#files) await file.close();
  }
}
