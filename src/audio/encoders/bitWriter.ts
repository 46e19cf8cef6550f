/** Writes bits, the most significant first, into bytes that grow as needed. */

export class BitWriter {
  #bytes = new Uint8Array(1 << 14);
  #length = 0;
  /** Bits not yet written; what lies above the lowest `32 − #free` is of no meaning. */
  #word = 0;
  /** 1 to 32. */
  #free = 32;

  /** Whole bytes so far. */
  get length(): number {
    return this.#length + ((32 - this.#free) >> 3);
  }

  /** Appends the lowest `bits` (0 to 31) of `value`, of which the higher ones have to be zero. */
  write(value: number, bits: number): void {
    if (bits < this.#free) {
      this.#word = (this.#word << bits) | value;
      this.#free -= bits;
      return;
    }
    const over = bits - this.#free;
    this.#put((this.#word << this.#free) | (value >>> over));
    this.#word = value;
    this.#free = 32 - over;
  }

  /** Appends a number in two's complement of `bits` (0 to 31). */
  signed(value: number, bits: number): void {
    this.write(value & (2 ** bits - 1), bits);
  }

  /** Appends `count` zeros and a one. */
  unary(count: number): void {
    for (; count >= 31; count -= 31) this.write(0, 31);
    this.write(1, count + 1);
  }

  /** Appends numbers in the Rice code with `k` (0 to 30) plain bits; the sign is folded into the lowest bit. */
  rice(values: Int32Array, from: number, to: number, k: number): void {
    const one = 1 << k;
    const mask = one - 1;
    for (let i = from; i < to; i++) {
      const value = values[i];
      const folded = (value << 1) ^ (value >> 31);
      const low = one | (folded & mask);
      const high = folded >>> k;
      const bits = high + 1 + k;
      if (bits < this.#free) {
        this.#word = (this.#word << bits) | low;
        this.#free -= bits;
      } else if (bits < 32) this.write(low, bits);
      else {
        this.unary(high);
        this.write(folded & mask, k);
      }
    }
  }

  /** Fills the last byte with zeros. */
  align(): void {
    this.write(0, this.#free & 7);
  }

  /** What was written since the last time, whole bytes; valid until the next call of any method. */
  take(): Uint8Array {
    const { length } = this;
    // A shift by 32 would be none.
    if (this.#free < 32) this.#put(this.#word << this.#free);
    this.#length = 0;
    this.#free = 32;
    return this.#bytes.subarray(0, length);
  }

  /** The bytes from `from` on, all that were written being whole. */
  peek(from: number): Uint8Array {
    const { length } = this;
    const bytes = this.#bytes;
    for (let at = this.#length, free = 24; at < length; at++, free -= 8) {
      bytes[at] = (this.#word << this.#free) >>> free;
    }
    return bytes.subarray(from, length);
  }

  #put(word: number): void {
    if (this.#length + 8 > this.#bytes.length) {
      const bytes = new Uint8Array(2 * this.#bytes.length);
      bytes.set(this.#bytes);
      this.#bytes = bytes;
    }
    const bytes = this.#bytes;
    const at = this.#length;
    bytes[at] = word >>> 24;
    bytes[at + 1] = word >>> 16;
    bytes[at + 2] = word >>> 8;
    bytes[at + 3] = word;
    this.#length = at + 4;
  }
}
