/** Powers and logarithms of two doubles side by side. */

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

/** log2 of normal positive numbers to 1e-13: x = 2^e·m with m within √½ … √2, then artanh of (m − 1)/(m + 1). */
// @ts-ignore: decorator
@inline
export function fineLog2(x: v128): v128 {
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

/** The same to 3e-11, with terms side by side: a third of the time. */
// @ts-ignore: decorator
@inline
export function log2(x: v128): v128 {
  const exponent = i64x2.shr_s(i64x2.sub(x, i64x2.splat(ROOT_HALF_BITS)), 52);
  const m = i64x2.sub(x, i64x2.shl(exponent, 52));
  const whole = f64x2.sub(i64x2.add(exponent, i64x2.splat(MAGIC_BITS)), f64x2.splat(MAGIC));
  const one = f64x2.splat(1);
  const s = f64x2.div(f64x2.sub(m, one), f64x2.add(m, one));
  const q = f64x2.mul(s, s);
  const qq = f64x2.mul(q, q);
  const low = madd(q, 0.9617966939259756, f64x2.splat(2.8853900817779268));
  const middle = madd(q, 0.4121985831111324, f64x2.splat(0.5770780163555853));
  const high = madd(q, 0.2623081892525388, f64x2.splat(0.3205988979753252));
  const p = f64x2.add(low, f64x2.mul(qq, f64x2.add(middle, f64x2.mul(qq, high))));
  return f64x2.add(f64x2.mul(p, s), whole);
}

/** 2^x for x within ±1000, to 1e-11. */
// @ts-ignore: decorator
@inline
export function exp2(x: v128): v128 {
  const rounded = f64x2.add(x, f64x2.splat(MAGIC));
  const f = f64x2.sub(x, f64x2.sub(rounded, f64x2.splat(MAGIC)));
  const ff = f64x2.mul(f, f);
  const ffff = f64x2.mul(ff, ff);
  const a = madd(f, 0.6931471805599453, f64x2.splat(1));
  const b = madd(f, 0.055504108664821576, f64x2.splat(0.2402265069591007));
  const c = madd(f, 0.0013333558146428441, f64x2.splat(0.009618129107628477));
  const d = madd(f, 1.5252733804059838e-05, f64x2.splat(0.00015403530393381606));
  const e = madd(f, 1.0178086009239696e-07, f64x2.splat(1.3215486790144305e-06));
  const low = f64x2.add(a, f64x2.mul(ff, b));
  const middle = f64x2.add(c, f64x2.mul(ff, d));
  const p = f64x2.add(low, f64x2.mul(ffff, f64x2.add(middle, f64x2.mul(ffff, e))));
  return i64x2.add(p, i64x2.shl(rounded, 52));
}
