/**
 * NumPy's legacy normal numbers, rounded to floats: Mersenne twister MT19937 and the polar method. Which pairs count,
 * and so the state, is exact.
 *
 * state: 624 words, the next word's number (a multiple of four), whether half a pair is kept (i32 each), and that half (f64 at 2504).
 */

import { log2x4 } from "./powers";

const WORDS: i32 = 624;
const NEXT: usize = 2496;
const HAS: usize = 2500;
const KEPT: usize = 2504;
/** Pairs of uniform numbers from one turn of the twister, and x² + y² of each. */
const PAIRS: usize = memory.data((624 / 4 + 4) * 16, 16);
const SIZES: usize = memory.data((624 / 4 + 4) * 8, 16);

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

/** Words as the twister hands them out. */
// @ts-ignore: decorator
@inline
function tempered(y: v128): v128 {
  y = v128.xor(y, i32x4.shr_u(y, 11));
  y = v128.xor(y, v128.and(i32x4.shl(y, 7), i32x4.splat(0x9d2c5680)));
  y = v128.xor(y, v128.and(i32x4.shl(y, 15), i32x4.splat(0xefc60000)));
  return v128.xor(y, i32x4.shr_u(y, 18));
}

/** Four words from a multiple of four on, as the next two uniform numbers in −1 … 1. */
// @ts-ignore: decorator
@inline
function twoUniforms(at: usize): v128 {
  const y = tempered(v128.load(at));
  const high = f64x2.convert_low_i32x4_u(i32x4.shr_u(v128.shuffle<i32>(y, y, 0, 2, 0, 2), 5));
  const low = f64x2.convert_low_i32x4_u(i32x4.shr_u(v128.shuffle<i32>(y, y, 1, 3, 1, 3), 6));
  const uniform = f64x2.mul(
    f64x2.add(f64x2.mul(high, f64x2.splat(67108864)), low), f64x2.splat(1 / 9007199254740992),
  );
  return f64x2.sub(f64x2.add(uniform, uniform), f64x2.splat(1));
}

/** x² + y². */
// @ts-ignore: decorator
@inline
function sizeOf(xy: v128): f64 {
  const squares = f64x2.mul(xy, xy);
  return f64x2.extract_lane(squares, 0) + f64x2.extract_lane(squares, 1);
}

/** Whether a pair lies within the unit circle. */
// @ts-ignore: decorator
@inline
function accepted(r: f64): i32 {
  return i32(r < 1) & i32(r != 0);
}

/** x² + y² of four pairs as floats, from the words' upper halves. */
// @ts-ignore: decorator
@inline
function roughSizes(at: usize): v128 {
  const a = tempered(v128.shuffle<i32>(v128.load(at), v128.load(at, 16), 0, 2, 4, 6));
  const b = tempered(v128.shuffle<i32>(v128.load(at, 32), v128.load(at, 48), 0, 2, 4, 6));
  const scale = f32x4.splat(1 / <f32>67108864), one = f32x4.splat(1);
  const x = f32x4.sub(f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(a, 5)), scale), one);
  const y = f32x4.sub(f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(b, 5)), scale), one);
  const p = f32x4.mul(x, x), q = f32x4.mul(y, y);
  return f32x4.add(v128.shuffle<f32>(p, q, 0, 2, 4, 6), v128.shuffle<f32>(p, q, 1, 3, 5, 7));
}

/** How many of the pairs from word `next` on lie within the circle: until `wanted` are found, or the words end. */
// @ts-ignore: decorator
@inline
function passBy(state: usize, wanted: i32): i32 {
  let next = load<i32>(state, NEXT);
  let found: i32 = 0;
  // Four by four as long as no more than wanted can be found; exactly where floats cannot tell.
  const least = f32x4.splat(1e-9), most = f32x4.splat(1 - 1e-5), beyond = f32x4.splat(1 + 1e-5);
  for (; next + 16 <= WORDS && found + 4 <= wanted; next += 16) {
    const at = state + (<usize>next << 2);
    const r = roughSizes(at);
    const inside = v128.and(f32x4.gt(r, least), f32x4.lt(r, most));
    const outside = f32x4.gt(r, beyond);
    if (i32x4.all_true(v128.or(inside, outside))) found += popcnt(i32x4.bitmask(inside));
    else for (let k: usize = 0; k < 64; k += 16) found += accepted(sizeOf(twoUniforms(at + k)));
  }
  for (; next < WORDS && found < wanted; next += 4) found += accepted(sizeOf(twoUniforms(state + (<usize>next << 2))));
  store<i32>(state, next, NEXT);
  return found;
}

/** Pairs within the circle to PAIRS, and their x² + y² to SIZES. @returns how many, as {@link passBy}. */
// @ts-ignore: decorator
@inline
function collect(state: usize, wanted: i32): i32 {
  let next = load<i32>(state, NEXT);
  let found: i32 = 0;
  // One after the other: a pair outside of the circle is overwritten by the next.
  for (; next < WORDS && found < wanted; next += 4) {
    const xy = twoUniforms(state + (<usize>next << 2));
    const r = sizeOf(xy);
    v128.store(PAIRS + (<usize>found << 4), xy);
    store<f64>(SIZES + (<usize>found << 3), r);
    found += accepted(r);
  }
  store<i32>(state, next, NEXT);
  return found;
}

/** Draws `count` normal numbers, to `out` unless that is 0. */
export function normals(state: usize, out: usize, count: i32): void {
  let i: i32 = 0;
  if (count > 0 && load<i32>(state, HAS) != 0) {
    if (out != 0) store<f32>(out, <f32>load<f64>(state, KEPT));
    store<i32>(state, 0, HAS);
    i = 1;
  }
  // The second half of the last pair is kept, if it is too much.
  const half = (count - i) & 1;
  let missing = (count - i) / 2;
  while (missing > 0) {
    refill(state);
    if (out == 0) {
      missing -= passBy(state, missing);
      continue;
    }
    const found = collect(state, missing);
    missing -= found;
    for (let k: i32 = 0; k < found; k += 4) {
      const at = PAIRS + (<usize>k << 4);
      const a = f32x4.demote_f64x2_zero(v128.load(at)), b = f32x4.demote_f64x2_zero(v128.load(at, 16));
      const c = f32x4.demote_f64x2_zero(v128.load(at, 32)), d = f32x4.demote_f64x2_zero(v128.load(at, 48));
      const sizes = SIZES + (<usize>k << 3);
      const r = v128.shuffle<f32>(
        f32x4.demote_f64x2_zero(v128.load(sizes)), f32x4.demote_f64x2_zero(v128.load(sizes, 16)), 0, 1, 4, 5);
      const f = f32x4.sqrt(f32x4.div(f32x4.mul(log2x4(r), f32x4.splat(<f32>(-2 * Math.LN2))), r));
      // Of each pair the second comes first.
      const to = out + (<usize>(i + 2 * k) << 2);
      v128.store(to, f32x4.mul(v128.shuffle<f32>(a, b, 1, 0, 5, 4), v128.shuffle<f32>(f, f, 0, 0, 1, 1)));
      v128.store(to, f32x4.mul(v128.shuffle<f32>(c, d, 1, 0, 5, 4), v128.shuffle<f32>(f, f, 2, 2, 3, 3)), 16);
    }
    i += 2 * found;
  }
  if (half == 0) return;
  while (true) {
    refill(state);
    if (collect(state, 1) == 1) break;
  }
  const r = load<f64>(SIZES);
  const f = Math.sqrt(-2 * Math.log(r) / r);
  if (out != 0) store<f32>(out + (<usize>i << 2), <f32>(f * load<f64>(PAIRS, 8)));
  store<f64>(state, f * load<f64>(PAIRS), KEPT);
  store<i32>(state, 1, HAS);
}

// @ts-ignore: decorator
@inline
function refill(state: usize): void {
  if (load<i32>(state, NEXT) < WORDS) return;
  twist(state);
  store<i32>(state, 0, NEXT);
}
