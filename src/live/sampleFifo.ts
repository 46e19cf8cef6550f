/** Samples that wait to be given: rows of equal length, first in, first out, in memory that is there from the start. */

export class SampleFifo {
  readonly #rows: Float32Array[];
  #begin = 0;
  #end = 0;

  /** @param capacity samples of a row for which there is room at first; it grows if more wait */
  constructor(rows: number, capacity: number) {
    this.#rows = Array.from({ length: rows }, () => new Float32Array(capacity));
  }

  /** Samples that wait. */
  get length(): number {
    return this.#end - this.#begin;
  }

  /** Adds the samples `from` to `to` of each row. */
  push(rows: readonly Float32Array[], from: number, to: number): void {
    const at = this.#claim(to - from);
    for (const [r, row] of this.#rows.entries()) row.set(rows[r].subarray(from, to), at);
  }

  /** Adds so many zeros. */
  pushZeros(count: number): void {
    const at = this.#claim(count);
    for (const row of this.#rows) row.fill(0, at, at + count);
  }

  /** Moves the next samples into arrays of equal length, one for each row, as many as they hold. */
  take(into: readonly Float32Array[]): void {
    const count = into[0].length;
    if (count > this.length)
      throw new RangeError(`${count} samples asked for, ${this.length} there`);
    for (const [r, row] of this.#rows.entries()) {
      into[r].set(row.subarray(this.#begin, this.#begin + count));
    }
    this.#begin += count;
  }

  clear(): void {
    this.#begin = 0;
    this.#end = 0;
  }

  /** Where `count` more samples go. */
  #claim(count: number): number {
    const capacity = this.#rows[0].length;
    if (this.#end + count > capacity) {
      const waiting = this.length;
      for (const [r, row] of this.#rows.entries()) {
        if (waiting + count <= capacity) row.copyWithin(0, this.#begin, this.#end);
        else {
          this.#rows[r] = new Float32Array(2 * (waiting + count));
          this.#rows[r].set(row.subarray(this.#begin, this.#end));
        }
      }
      this.#begin = 0;
      this.#end = waiting;
    }
    const at = this.#end;
    this.#end += count;
    return at;
  }
}
