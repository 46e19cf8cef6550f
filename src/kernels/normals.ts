/** The plain twin of the normal numbers' kernel; see assembly/normals.ts. */
import type { KernelExports } from "./exports.ts";

/** Words of the twister. */
export const TWISTER_WORDS = 624;
const M = 397;
/** Bytes of a state: the words, the next one's number, whether half a pair is kept, and that half. */
export const NORMALS_BYTES = 2512;

/** A state as views of its parts. */
interface State {
  readonly words: Uint32Array;
  /** Number of the next word; whether a half is kept. */
  readonly flags: Int32Array;
  readonly kept: Float64Array;
}

/** The state at a byte offset, a multiple of 8. */
function stateAt(buffer: ArrayBufferLike, pointer: number): State {
  return {
    words: new Uint32Array(buffer, pointer, TWISTER_WORDS),
    flags: new Int32Array(buffer, pointer + 4 * TWISTER_WORDS, 2),
    kept: new Float64Array(buffer, pointer + NORMALS_BYTES - 8, 1),
  };
}

/** Writes the state that a seed gives: Knuth's recurrence. @param seed a whole number from 0 below 2³². */
export function seedNormals(buffer: ArrayBufferLike, pointer: number, seed: number): void {
  const { words, flags, kept } = stateAt(buffer, pointer);
  words[0] = seed;
  for (let i = 1; i < TWISTER_WORDS; i++) {
    const last = words[i - 1];
    words[i] = Math.imul(1812433253, last ^ (last >>> 30)) + i;
  }
  flags.set([TWISTER_WORDS, 0]);
  kept[0] = 0;
}

/** Draws `count` normal numbers into `out`, if there is one. */
export function drawNormals(
  buffer: ArrayBufferLike,
  pointer: number,
  out: Float32Array | Float64Array | undefined,
  count: number,
): void {
  const { words, flags, kept } = stateAt(buffer, pointer);
  const word = () => {
    if (flags[0] === TWISTER_WORDS) {
      twist(words);
      flags[0] = 0;
    }
    let y = words[flags[0]++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  };
  const uniform = () => {
    const high = word() >>> 5;
    return (high * 67108864 + (word() >>> 6)) / 9007199254740992;
  };
  let i = 0;
  if (count > 0 && flags[1] !== 0) {
    if (out) out[0] = kept[0];
    flags[1] = 0;
    i = 1;
  }
  for (; i < count; i += 2) {
    let [x, y, square] = [0, 0, 0];
    do {
      x = 2 * uniform() - 1;
      y = 2 * uniform() - 1;
      square = x * x + y * y;
    } while (square >= 1 || square === 0);
    const factor = Math.sqrt((-2 * Math.log(square)) / square);
    if (out) out[i] = factor * y;
    if (i + 1 === count) {
      flags[1] = 1;
      kept[0] = factor * x;
    } else if (out) out[i + 1] = factor * x;
  }
}

function twist(words: Uint32Array): void {
  for (let i = 0; i < TWISTER_WORDS; i++) {
    const y = (words[i] & 0x80000000) | (words[(i + 1) % TWISTER_WORDS] & 0x7fffffff);
    words[i] = words[(i + M) % TWISTER_WORDS] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
  }
}

/** Makes the twin on a memory. */
export function plainNormals(memory: WebAssembly.Memory): KernelExports["normals"] {
  return (state, out, count) => {
    const view = out === 0 ? undefined : new Float32Array(memory.buffer, out, count);
    drawNormals(memory.buffer, state, view, count);
  };
}
