/** Powers and logarithms of four floats side by side. */

const MAGIC: f32 = 12582912; // 1.5·2^23: adding it rounds to a whole number in the low bits.
const ROOT_HALF_BITS: i32 = 0x3f3504f3;

// @ts-ignore: decorator
@inline
function madd4(a: v128, b: v128, c: f32): v128 {
  return f32x4.add(f32x4.mul(a, b), f32x4.splat(c));
}

/**
 * log2 of four normal positive floats: x = 2^e·m with m within √½ … √2, then artanh of (m − 1)/(m + 1), to 3e-8 beside the
 * whole number.
 */
// @ts-ignore: decorator
@inline
export function log2x4(x: v128): v128 {
  const exponent = i32x4.shr_s(i32x4.sub(x, i32x4.splat(ROOT_HALF_BITS)), 23);
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
  const rounded = f32x4.add(x, f32x4.splat(MAGIC));
  const f = f32x4.sub(x, f32x4.sub(rounded, f32x4.splat(MAGIC)));
  let p = madd4(f, f32x4.splat(0.00015461444724808513), 0.0013400428177711937);
  p = madd4(f, p, 0.00961805667843204);
  p = madd4(f, p, 0.05550327226669895);
  p = madd4(f, p, 0.24022650922289554);
  p = madd4(f, p, 0.6931472067028329);
  p = madd4(f, p, 1);
  return i32x4.add(p, i32x4.shl(rounded, 23));
}
