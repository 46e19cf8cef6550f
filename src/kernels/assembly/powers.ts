/** Powers and logarithms of two doubles side by side, to about 1e-13. */

const MAGIC: f64 = 6755399441055744; // 1.5·2^52: adding it rounds to a whole number in the low bits.
const MAGIC_BITS: i64 = 0x4338000000000000;
const ROOT_HALF_BITS: i64 = 0x3fe6a09e667f3bcd;

// @ts-ignore: decorator
@inline
function madd(a: v128, b: f64, c: v128): v128 {
  return f64x2.add(f64x2.mul(a, f64x2.splat(b)), c);
}

// @ts-ignore: decorator
@inline
function step(a: v128, b: v128, c: f64): v128 {
  return f64x2.add(f64x2.mul(a, b), f64x2.splat(c));
}

/** log2 of normal positive numbers: x = 2^e·m with m within √½ … √2, then artanh of (m − 1)/(m + 1). */
// @ts-ignore: decorator
@inline
export function log2(x: v128): v128 {
  const exponent = i64x2.shr_s(i64x2.sub(x, i64x2.splat(ROOT_HALF_BITS)), 52);
  const m = i64x2.sub(x, i64x2.shl(exponent, 52));
  const whole = f64x2.sub(i64x2.add(exponent, i64x2.splat(MAGIC_BITS)), f64x2.splat(MAGIC));
  const one = f64x2.splat(1);
  const s = f64x2.div(f64x2.sub(m, one), f64x2.add(m, one));
  const q = f64x2.mul(s, s);
  let p = f64x2.splat(0.19235933878519512);
  p = step(p, q, 0.22195308321368669);
  p = step(p, q, 0.26230818925253881);
  p = step(p, q, 0.32059889797532525);
  p = step(p, q, 0.41219858311113244);
  p = step(p, q, 0.57707801635558531);
  p = step(p, q, 0.96179669392597555);
  p = step(p, q, 2.8853900817779268);
  return f64x2.add(f64x2.mul(p, s), whole);
}

/** 2^x for x within ±1000. */
// @ts-ignore: decorator
@inline
export function exp2(x: v128): v128 {
  const rounded = f64x2.add(x, f64x2.splat(MAGIC));
  const f = f64x2.sub(x, f64x2.sub(rounded, f64x2.splat(MAGIC)));
  let p = f64x2.splat(7.0549116208011233e-9);
  p = step(p, f, 1.0178086009239699e-7);
  p = step(p, f, 1.3215486790144309e-6);
  p = step(p, f, 1.5252733804059840e-5);
  p = step(p, f, 1.5403530393381610e-4);
  p = step(p, f, 1.3333558146428443e-3);
  p = step(p, f, 9.6181291076284770e-3);
  p = step(p, f, 5.5504108664821580e-2);
  p = step(p, f, 2.4022650695910072e-1);
  p = step(p, f, 6.9314718055994531e-1);
  p = step(p, f, 1);
  return i64x2.add(p, i64x2.shl(rounded, 52));
}
