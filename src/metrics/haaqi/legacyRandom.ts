/**
 * NumPy's legacy random numbers: Mersenne twister (Matsumoto and Nishimura 1998) and the polar method, in its order.
 * Published scores depend on them.
 */
import { ArgumentError } from "../../errors.ts";
import { drawNormals, NORMALS_BYTES, seedNormals } from "../../kernels/normals.ts";

/** What `numpy.random.seed(seed)` and `numpy.random.standard_normal` give. */
export class LegacyRandom {
  /** @internal The state, as the kernels know it. */
  readonly state = new Uint8Array(NORMALS_BYTES);

  /** @param seed a whole number from 0 below 2³². */
  constructor(seed: number) {
    if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) {
      throw new ArgumentError(`A seed is a whole number from 0 below 2^32, not ${seed}.`);
    }
    seedNormals(this.state.buffer, 0, seed);
  }

  /** A generator that goes on from here on its own. */
  clone(): LegacyRandom {
    const twin = new LegacyRandom(0);
    twin.state.set(this.state);
    return twin;
  }

  /** Fills `out` with standard normal values. */
  normals(out: Float64Array): void {
    drawNormals(this.state.buffer, 0, out, out.length);
  }

  /** Draws `count` normal values and forgets them. */
  skip(count: number): void {
    drawNormals(this.state.buffer, 0, undefined, count);
  }
}
