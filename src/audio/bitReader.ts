/** Reads big-endian bit fields; the data must be followed by PADDING zero bytes. */

/** Thrown away by the caller, who fetches more bytes and begins again. */
export class OutOfBits extends Error {}

export class BitReader {
  /** Zero bytes that must follow the data. */
  static readonly PADDING = 8;
  readonly #bytes: Uint8Array;
  readonly #end: number;
  /** In bits. */
  #position = 0;

  /** @param padded the data and at least PADDING zero bytes. @param length bytes of data, below 2^28. */
  constructor(padded: Uint8Array, length: number) {
    this.#bytes = padded;
    this.#end = length * 8;
  }

  /** Bytes read, the one begun included. */
  get bytePosition(): number {
    return (this.#position + 7) >>> 3;
  }

  alignToByte(): void {
    this.#position = this.bytePosition * 8;
  }

  /** The next 32 bits, the first one highest, as a signed number. */
  #peek(): number {
    const bytes = this.#bytes;
    const at = this.#position >>> 3;
    const shift = this.#position & 7;
    const word = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
    return shift === 0 ? word : (word << shift) | (bytes[at + 4] >>> (8 - shift));
  }

  #skip(bits: number): void {
    this.#position += bits;
    if (this.#position > this.#end) throw new OutOfBits();
  }

  /** An unsigned field of 0 to 32 bits. */
  unsigned(bits: number): number {
    if (bits === 0) return 0;
    const value = this.#peek() >>> (32 - bits);
    this.#skip(bits);
    return value;
  }

  /** A two's complement field of 0 to 33 bits. */
  signed(bits: number): number {
    if (bits === 0) return 0;
    if (bits === 33) return -this.unsigned(1) * 2 ** 32 + this.unsigned(32);
    const value = this.#peek() >> (32 - bits);
    this.#skip(bits);
    return value;
  }

  /** The number of zeros before the next one. */
  unary(): number {
    let zeros = 0;
    for (;;) {
      const count = Math.clz32(this.#peek());
      if (count < 32) {
        this.#skip(count + 1);
        return zeros + count;
      }
      zeros += 32;
      this.#skip(32);
    }
  }

  /** `count` Rice codes of parameter k to target[from …]: the folded signed values. */
  rice(k: number, target: Float64Array, from: number, count: number): void {
    for (let i = from; i < from + count; i++) {
      const word = this.#peek();
      const zeros = Math.clz32(word);
      let folded: number;
      if (zeros + 1 + k <= 32) {
        folded = (zeros << k) | (k === 0 ? 0 : (word << (zeros + 1)) >>> (32 - k));
        folded >>>= 0;
        this.#skip(zeros + 1 + k);
      } else {
        const high = this.unary();
        folded = high * 2 ** k + this.unsigned(k);
      }
      target[i] = folded & 1 ? -(folded + 1) / 2 : folded / 2;
    }
  }
}
