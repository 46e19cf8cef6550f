/**
 * What the gradient of HAAQI takes most time for, on short blocks of doubles: powers and logarithms, four floats at a
 * time, and correlations of tiles.
 *
 * Blocks are read and written up to the next multiple of four samples.
 */
import { exp2x4, log2x4 } from "./powers";

const LAGS: i32 = 49;

// @ts-ignore: decorator
@inline
function four(x: v128, y: v128): v128 {
  return v128.shuffle<f32>(f32x4.demote_f64x2_zero(x), f32x4.demote_f64x2_zero(y), 0, 1, 4, 5);
}

// @ts-ignore: decorator
@inline
function storeDoubles(to: usize, x: v128): void {
  v128.store(to, f64x2.promote_low_f32x4(x));
  v128.store(to, f64x2.promote_low_f32x4(v128.shuffle<f32>(x, x, 2, 3, 2, 3)), 16);
}

/** Powers of two complex numbers. */
// @ts-ignore: decorator
@inline
function powers(at: usize): v128 {
  const u = v128.load(at), v = v128.load(at, 16);
  const x = f64x2.mul(u, u), y = f64x2.mul(v, v);
  return f64x2.add(v128.shuffle<f64>(x, y, 0, 2), v128.shuffle<f64>(x, y, 1, 3));
}

/** out = atKnee·(|signal|² times scale, within 1 … most)^exponent; the signal is pairs (re, im). */
export function powerGains(
  signal: usize, count: i32, scale: f64, most: f64, atKnee: f64, exponent: f64, out: usize,
): void {
  const s = f64x2.splat(scale), least = f64x2.splat(1), largest = f64x2.splat(most);
  const factor = f32x4.splat(<f32>atKnee), power = f32x4.splat(<f32>exponent);
  for (let n: usize = 0, end = <usize>count << 3; n < end; n += 32) {
    const x = f64x2.mul(s, powers(signal + 2 * n));
    const y = f64x2.mul(s, powers(signal + 2 * n + 32));
    const z = four(f64x2.pmin(f64x2.pmax(x, least), largest), f64x2.pmin(f64x2.pmax(y, least), largest));
    storeDoubles(out + n, f32x4.mul(factor, exp2x4(f32x4.mul(power, log2x4(z)))));
  }
}

/** In place: max(0, 20·log10 (x·scale)). */
export function sensationLevels(x: usize, count: i32, scale: f64): void {
  const s = f64x2.splat(scale), least = f64x2.splat(1);
  for (let n: usize = 0, end = <usize>count << 3; n < end; n += 32) {
    const z = four(
      f64x2.pmax(f64x2.mul(s, v128.load(x + n)), least), f64x2.pmax(f64x2.mul(s, v128.load(x + n, 16)), least));
    storeDoubles(x + n, f32x4.mul(f32x4.splat(6.020599913279624), log2x4(z)));
  }
}

/** Σ p[i + lag]·q[i] for the lags 0 to 51; p is 52 samples longer than q. length: a multiple of two. */
export function tileLags(p: usize, q: usize, length: i32, out: usize): void {
  const end = <usize>length << 3;
  for (let lag: i32 = 0; lag < LAGS; lag += 4) {
    const shifted = p + (<usize>lag << 3);
    let a = f64x2.splat(0), b = a, c = a, d = a;
    for (let at: usize = 0; at < end; at += 16) {
      const v = v128.load(q + at);
      a = f64x2.add(a, f64x2.mul(v, v128.load(shifted + at)));
      b = f64x2.add(b, f64x2.mul(v, v128.load(shifted + at, 8)));
      c = f64x2.add(c, f64x2.mul(v, v128.load(shifted + at, 16)));
      d = f64x2.add(d, f64x2.mul(v, v128.load(shifted + at, 24)));
    }
    const to = out + (<usize>lag << 3);
    store<f64>(to, f64x2.extract_lane(a, 0) + f64x2.extract_lane(a, 1));
    store<f64>(to, f64x2.extract_lane(b, 0) + f64x2.extract_lane(b, 1), 8);
    store<f64>(to, f64x2.extract_lane(c, 0) + f64x2.extract_lane(c, 1), 16);
    store<f64>(to, f64x2.extract_lane(d, 0) + f64x2.extract_lane(d, 1), 24);
  }
}
