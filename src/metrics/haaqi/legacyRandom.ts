/**
 * NumPy's legacy random numbers: Mersenne twister (Matsumoto and Nishimura 1998) and the polar method, in its order.
 * Published scores depend on them.
 */
import { ArgumentError } from "../../errors.ts";

const [N, M] = [624, 397];

/** What `numpy.random.seed(seed)` and `numpy.random.standard_normal` give. */
export class LegacyRandom {
  readonly #state = new Uint32Array(N);
  #next = N;
  /** The other half of the last pair, if it is still to be given. */
  #kept: number | undefined;

  /** @param seed a whole number from 0 below 2³². */
  constructor(seed: number) {
    if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) {
      throw new ArgumentError(`A seed is a whole number from 0 below 2^32, not ${seed}.`);
    }
    this.#state[0] = seed;
    for (let i = 1; i < N; i++) {
      const last = this.#state[i - 1];
      this.#state[i] = Math.imul(1812433253, last ^ (last >>> 30)) + i;
    }
  }

  /** A generator that goes on from here on its own. */
  clone(): LegacyRandom {
    const twin = new LegacyRandom(0);
    twin.#state.set(this.#state);
    twin.#next = this.#next;
    twin.#kept = this.#kept;
    return twin;
  }

  /** Fills `out` with standard normal values. */
  normals(out: Float64Array): void {
    let i = 0;
    if (this.#kept !== undefined && out.length > 0) {
      out[i++] = this.#kept;
      this.#kept = undefined;
    }
    while (i < out.length) {
      const [first, second] = this.#pair();
      out[i++] = second;
      if (i < out.length) out[i++] = first;
      else this.#kept = first;
    }
  }

  /** Draws `count` normal values and forgets them. */
  skip(count: number): void {
    let left = count;
    if (this.#kept !== undefined && left > 0) {
      this.#kept = undefined;
      left--;
    }
    for (; left > 1; left -= 2) this.#accept();
    if (left === 1) this.#kept = this.#pair()[0];
  }

  #x = 0;
  #y = 0;

  /** Finds a point within the unit circle. @returns the square of its radius. */
  #accept(): number {
    for (;;) {
      this.#x = 2 * this.#uniform() - 1;
      this.#y = 2 * this.#uniform() - 1;
      const square = this.#x * this.#x + this.#y * this.#y;
      if (square < 1 && square !== 0) return square;
    }
  }

  #pair(): readonly [number, number] {
    const square = this.#accept();
    const factor = Math.sqrt((-2 * Math.log(square)) / square);
    return [factor * this.#x, factor * this.#y];
  }

  /** 53 bits in [0, 1). */
  #uniform(): number {
    const high = this.#word() >>> 5;
    const low = this.#word() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  #word(): number {
    if (this.#next === N) this.#twist();
    let y = this.#state[this.#next++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  #twist(): void {
    const s = this.#state;
    for (let i = 0; i < N; i++) {
      const y = (s[i] & 0x80000000) | (s[(i + 1) % N] & 0x7fffffff);
      s[i] = s[(i + M) % N] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#next = 0;
  }
}
