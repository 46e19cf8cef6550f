/**
 * NumPy's legacy normal numbers: Mersenne twister MT19937 and the polar method.
 *
 * state: 624 words, the next word's number, whether half a pair is kept (i32 each), and that half (f64 at 2504).
 */

import { fineLog2 } from "./powers";

const WORDS: i32 = 624;
const NEXT: usize = 2496;
const HAS: usize = 2500;
const KEPT: usize = 2504;

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

// @ts-ignore: decorator
@inline
function word(state: usize): u32 {
  let next = load<i32>(state, NEXT);
  if (next == WORDS) {
    twist(state);
    next = 0;
  }
  store<i32>(state, next + 1, NEXT);
  let y = load<u32>(state + (<usize>next << 2));
  y ^= y >>> 11;
  y ^= (y << 7) & 0x9d2c5680;
  y ^= (y << 15) & 0xefc60000;
  return y ^ (y >>> 18);
}

// @ts-ignore: decorator
@inline
function uniform(state: usize): f64 {
  const high = word(state) >>> 5;
  const low = word(state) >>> 6;
  return (<f64>high * 67108864 + <f64>low) / 9007199254740992;
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

/** The next pair within the unit circle. */
// @ts-ignore: decorator
@inline
function pairInCircle(state: usize): v128 {
  let xy: v128, r: f64;
  do {
    const next = load<i32>(state, NEXT);
    if ((next & 3) == 0) {
      let at = next;
      if (at == WORDS) {
        twist(state);
        at = 0;
      }
      xy = twoUniforms(state + (<usize>at << 2));
      store<i32>(state, at + 4, NEXT);
    } else {
      const x = 2 * uniform(state) - 1;
      xy = f64x2.replace_lane(f64x2.splat(x), 1, 2 * uniform(state) - 1);
    }
    r = sizeOf(xy);
  } while (r >= 1 || r == 0);
  return xy;
}

/** x² + y². */
// @ts-ignore: decorator
@inline
function sizeOf(xy: v128): f64 {
  const squares = f64x2.mul(xy, xy);
  return f64x2.extract_lane(squares, 0) + f64x2.extract_lane(squares, 1);
}

/** Draws `count` normal numbers, to `out` unless that is 0. */
export function normals(state: usize, out: usize, count: i32): void {
  let i: i32 = 0;
  if (count > 0 && load<i32>(state, HAS) != 0) {
    if (out != 0) store<f64>(out, load<f64>(state, KEPT));
    store<i32>(state, 0, HAS);
    i = 1;
  }
  if (out == 0) {
    for (; i + 1 < count; i += 2) pairInCircle(state);
  } else {
    // Two pairs side by side.
    for (; i + 3 < count; i += 4) {
      const a = pairInCircle(state), b = pairInCircle(state);
      const r = f64x2.replace_lane(f64x2.splat(sizeOf(a)), 1, sizeOf(b));
      const f = f64x2.sqrt(f64x2.div(f64x2.mul(fineLog2(r), f64x2.splat(-2 * Math.LN2)), r));
      const at = out + (<usize>i << 3);
      v128.store(at, f64x2.mul(v128.shuffle<i64>(a, a, 1, 0), v128.shuffle<i64>(f, f, 0, 0)));
      v128.store(at, f64x2.mul(v128.shuffle<i64>(b, b, 1, 0), v128.shuffle<i64>(f, f, 1, 1)), 16);
    }
  }
  for (; i < count; i += 2) {
    const xy = pairInCircle(state);
    const r = sizeOf(xy);
    const f = Math.sqrt(-2 * Math.log(r) / r);
    if (out != 0) store<f64>(out + (<usize>i << 3), f * f64x2.extract_lane(xy, 1));
    if (i + 1 == count) {
      store<i32>(state, 1, HAS);
      store<f64>(state, f * f64x2.extract_lane(xy, 0), KEPT);
    } else if (out != 0) store<f64>(out + (<usize>i << 3), f * f64x2.extract_lane(xy, 0), 8);
  }
}
