/**
 * NumPy's legacy normal numbers: Mersenne twister MT19937 and the polar method.
 *
 * state: 624 words, the next word's number (a multiple of four), whether half a pair is kept (i32 each), and that half (f64 at 2504).
 */

import { fineLog2 } from "./powers";

const WORDS: i32 = 624;
const NEXT: usize = 2496;
const HAS: usize = 2500;
const KEPT: usize = 2504;
/** Pairs of uniform numbers from one turn of the twister, and x² + y² of each. */
const PAIRS: usize = memory.data((624 / 4 + 2) * 16, 16);
const SIZES: usize = memory.data((624 / 4 + 2) * 8, 16);

// @ts-ignore: decorator
@inline
function twisted(near: i32, next: i32, far: i32): i32 {
  const y = (near & 0x80000000) | (next & 0x7fffffff);
  return far ^ (y >>> 1) ^ (-(y & 1) & 0x9908b0df);
}

// @ts-ignore: decorator
@inline
function twist4(at: usize, far: usize): void {
  const y = v128.or(
    v128.and(v128.load(at), i32x4.splat(0x80000000)),
    v128.and(v128.load(at, 4), i32x4.splat(0x7fffffff)),
  );
  const odd = v128.and(i32x4.neg(v128.and(y, i32x4.splat(1))), i32x4.splat(0x9908b0df));
  v128.store(at, v128.xor(v128.xor(v128.load(far), i32x4.shr_u(y, 1)), odd));
}

function twist(state: usize): void {
  let i: usize = 0;
  for (; i < 224; i += 4) twist4(state + (i << 2), state + ((i + 397) << 2));
  for (; i < 227; i++) {
    store<i32>(state + (i << 2),
      twisted(load<i32>(state + (i << 2)), load<i32>(state + (i << 2), 4), load<i32>(state + ((i + 397) << 2))));
  }
  for (; i < 623; i += 4) twist4(state + (i << 2), state + ((i - 227) << 2));
  store<i32>(state + (623 << 2),
    twisted(load<i32>(state + (623 << 2)), load<i32>(state), load<i32>(state + (396 << 2))));
}

/** Four words from a multiple of four on, as the next two uniform numbers in −1 … 1. */
// @ts-ignore: decorator
@inline
function twoUniforms(at: usize): v128 {
  let y = v128.load(at);
  y = v128.xor(y, i32x4.shr_u(y, 11));
  y = v128.xor(y, v128.and(i32x4.shl(y, 7), i32x4.splat(0x9d2c5680)));
  y = v128.xor(y, v128.and(i32x4.shl(y, 15), i32x4.splat(0xefc60000)));
  y = v128.xor(y, i32x4.shr_u(y, 18));
  const high = f64x2.convert_low_i32x4_u(i32x4.shr_u(v128.shuffle<i32>(y, y, 0, 2, 0, 2), 5));
  const low = f64x2.convert_low_i32x4_u(i32x4.shr_u(v128.shuffle<i32>(y, y, 1, 3, 1, 3), 6));
  const uniform = f64x2.mul(
    f64x2.add(f64x2.mul(high, f64x2.splat(67108864)), low), f64x2.splat(1 / 9007199254740992),
  );
  return f64x2.sub(f64x2.add(uniform, uniform), f64x2.splat(1));
}

/** Draws `count` normal numbers, to `out` unless that is 0. */
export function normals(state: usize, out: usize, count: i32): void {
  let i: i32 = 0;
  if (count > 0 && load<i32>(state, HAS) != 0) {
    if (out != 0) store<f64>(out, load<f64>(state, KEPT));
    store<i32>(state, 0, HAS);
    i = 1;
  }
  let missing = (count - i + 1) / 2;
  while (missing > 0) {
    let next = load<i32>(state, NEXT);
    if (next == WORDS) {
      twist(state);
      next = 0;
    }
    // Pairs one after the other: one outside of the unit circle is overwritten by the next.
    let found: i32 = 0;
    for (; next < WORDS && found < missing; next += 4) {
      const xy = twoUniforms(state + (<usize>next << 2));
      const squares = f64x2.mul(xy, xy);
      const r = f64x2.extract_lane(squares, 0) + f64x2.extract_lane(squares, 1);
      v128.store(PAIRS + (<usize>found << 4), xy);
      store<f64>(SIZES + (<usize>found << 3), r);
      found += i32(r < 1) & i32(r != 0);
    }
    store<i32>(state, next, NEXT);
    missing -= found;
    if (out == 0 && (missing > 0 || ((count - i) & 1) == 0)) continue;
    for (let k: i32 = 0; k < found; k += 2) {
      const a = v128.load(PAIRS + (<usize>k << 4)), b = v128.load(PAIRS + (<usize>k << 4), 16);
      const r = v128.load(SIZES + (<usize>k << 3));
      const f = f64x2.sqrt(f64x2.div(f64x2.mul(fineLog2(r), f64x2.splat(-2 * Math.LN2)), r));
      v128.store(PAIRS + (<usize>k << 4), f64x2.mul(v128.shuffle<i64>(a, a, 1, 0), v128.shuffle<i64>(f, f, 0, 0)));
      v128.store(PAIRS + (<usize>k << 4), f64x2.mul(v128.shuffle<i64>(b, b, 1, 0), v128.shuffle<i64>(f, f, 1, 1)), 16);
    }
    const half = missing == 0 && ((count - i) & 1) != 0;
    if (half) {
      store<f64>(state, load<f64>(PAIRS + (<usize>found << 4) - 8), KEPT);
      store<i32>(state, 1, HAS);
    }
    if (out == 0) continue;
    const bytes = (<usize>found << 4) - (half ? 8 : 0);
    memory.copy(out + (<usize>i << 3), PAIRS, bytes);
    i += <i32>(bytes >> 3);
  }
}
