/** The MD5 digest of a stream of bytes, which FLAC files carry of their samples. (RFC 1321.) */

const shifts = Int32Array.of(7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21);
/** ⌊2³² |sin(i + 1)|⌋ */
const sines = Int32Array.from({ length: 64 }, (_, i) => Math.abs(Math.sin(i + 1)) * 2 ** 32);

/** Takes bytes as they come; {@link digest} ends the stream. */
export class Md5 {
  readonly #state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
  readonly #words = new Int32Array(16);
  readonly #tail = new Uint8Array(64);
  #length = 0;

  update(bytes: Uint8Array): void {
    let from = 0;
    const filled = this.#length % 64;
    this.#length += bytes.length;
    if (filled > 0) {
      from = Math.min(64 - filled, bytes.length);
      this.#tail.set(bytes.subarray(0, from), filled);
      if (filled + from < 64) return;
      this.#round(this.#tail, 0);
    }
    for (; from + 64 <= bytes.length; from += 64) this.#round(bytes, from);
    this.#tail.set(bytes.subarray(from));
  }

  /** The 16 bytes of the digest. */
  digest(): Uint8Array {
    const bits = BigInt(this.#length) * 8n;
    const padding = new Uint8Array(8 + 1 + ((119 - (this.#length % 64)) % 64));
    padding[0] = 0x80;
    new DataView(padding.buffer).setBigUint64(padding.length - 8, bits, true);
    this.update(padding);
    const out = new DataView(new ArrayBuffer(16));
    this.#state.forEach((word, i) => {
      out.setInt32(4 * i, word, true);
    });
    return new Uint8Array(out.buffer);
  }

  #round(bytes: Uint8Array, at: number): void {
    const words = this.#words;
    for (let i = 0; i < 16; i++, at += 4) {
      words[i] = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
    }
    const state = this.#state;
    let a = state[0];
    let b = state[1];
    let c = state[2];
    let d = state[3];
    // The digest is turned by one word a step, so that each step is the same.
    for (let i = 0; i < 16; i++) {
      const next = turned(a + ((b & c) | (~b & d)) + sines[i] + words[i], shifts[i & 3], b);
      a = d;
      d = c;
      c = b;
      b = next;
    }
    for (let i = 0; i < 16; i++) {
      const word = words[(5 * i + 1) & 15];
      const next = turned(a + ((d & b) | (~d & c)) + sines[16 + i] + word, shifts[4 + (i & 3)], b);
      a = d;
      d = c;
      c = b;
      b = next;
    }
    for (let i = 0; i < 16; i++) {
      const word = words[(3 * i + 5) & 15];
      const next = turned(a + (b ^ c ^ d) + sines[32 + i] + word, shifts[8 + (i & 3)], b);
      a = d;
      d = c;
      c = b;
      b = next;
    }
    for (let i = 0; i < 16; i++) {
      const word = words[(7 * i) & 15];
      const next = turned(a + (c ^ (b | ~d)) + sines[48 + i] + word, shifts[12 + (i & 3)], b);
      a = d;
      d = c;
      c = b;
      b = next;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
  }
}

/** `sum`, cut to 32 bits and turned left by `shift`, plus `base`. */
function turned(sum: number, shift: number, base: number): number {
  const word = sum | 0;
  return (base + ((word << shift) | (word >>> (32 - shift)))) | 0;
}
