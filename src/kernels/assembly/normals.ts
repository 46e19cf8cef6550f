/**
 * NumPy's legacy normal numbers: Mersenne twister MT19937 and the polar method.
 *
 * state: 624 words, the next word's number, whether half a pair is kept (i32 each), and that half (f64 at 2504).
 */

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

/** Draws `count` normal numbers, to `out` unless that is 0. */
export function normals(state: usize, out: usize, count: i32): void {
  let i: i32 = 0;
  if (count > 0 && load<i32>(state, HAS) != 0) {
    if (out != 0) store<f64>(out, load<f64>(state, KEPT));
    store<i32>(state, 0, HAS);
    i = 1;
  }
  for (; i < count; i += 2) {
    let x: f64, y: f64, r: f64;
    do {
      x = 2 * uniform(state) - 1;
      y = 2 * uniform(state) - 1;
      r = x * x + y * y;
    } while (r >= 1 || r == 0);
    const last = i + 1 == count;
    if (out == 0 && !last) continue;
    const f = Math.sqrt(-2 * Math.log(r) / r);
    if (out != 0) store<f64>(out + (<usize>i << 3), f * y);
    if (last) {
      store<i32>(state, 1, HAS);
      store<f64>(state, f * x, KEPT);
    } else store<f64>(out + (<usize>i << 3), f * x, 8);
  }
}
