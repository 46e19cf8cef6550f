/** Powers and logarithms of two doubles, or four floats, side by side. */

const MAGIC: f64 = 6755399441055744; // 1.5·2^52: adding it rounds to a whole number in the low bits.
const MAGIC_BITS: i64 = 0x4338000000000000;
const ROOT_HALF_BITS: i64 = 0x3fe6a09e667f3bcd;
const MAGIC_32: f32 = 12582912; // 1.5·2^23
const ROOT_HALF_BITS_32: i32 = 0x3f3504f3;

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

// @ts-ignore: decorator
@inline
function madd4(a: v128, b: v128, c: f32): v128 {
  return f32x4.add(f32x4.mul(a, b), f32x4.splat(c));
}

/** log2 of four normal positive floats, the same way: to 3e-8 beside the whole number, then rounded. */
// @ts-ignore: decorator
@inline
export function log2x4(x: v128): v128 {
  const exponent = i32x4.shr_s(i32x4.sub(x, i32x4.splat(ROOT_HALF_BITS_32)), 23);
  const m = i32x4.sub(x, i32x4.shl(exponent, 23));
  const one = f32x4.splat(1);
  const s = f32x4.div(f32x4.sub(m, one), f32x4.add(m, one));
  const q = f32x4.mul(s, s);
  let p = madd4(q, f32x4.splat(0.43171769695052725), 0.5767151860408717);
  p = madd4(q, p, 0.961798838801854);
  p = madd4(q, p, 2.885390079803337);
  return f32x4.add(f32x4.mul(p, s), f32x4.convert_i32x4_s(exponent));
}

/** 2^x of four floats within ±120, relatively to 1e-7. */
// @ts-ignore: decorator
@inline
export function exp2x4(x: v128): v128 {
  const rounded = f32x4.add(x, f32x4.splat(MAGIC_32));
  const f = f32x4.sub(x, f32x4.sub(rounded, f32x4.splat(MAGIC_32)));
  let p = madd4(f, f32x4.splat(0.00015461444724808513), 0.0013400428177711937);
  p = madd4(f, p, 0.00961805667843204);
  p = madd4(f, p, 0.05550327226669895);
  p = madd4(f, p, 0.24022650922289554);
  p = madd4(f, p, 0.6931472067028329);
  p = madd4(f, p, 1);
  return i32x4.add(p, i32x4.shl(rounded, 23));
}
