/**
 * What HAAQI takes of a band: smoothed envelopes, and covariances of tiles of 16 ms.
 *
 * Segments are 2·hop samples long and begin every hop; the first and the last one are halves, with the later and the
 * earlier half of the window.
 *
 * `tables`: the window (384 doubles); 1/Σw² for whole, later half, earlier half; for each of these 1/Σw[i+l]·w[i] for
 * the lags l = −24 … 24; then 8 kB of work space.
 */

const HALF: i32 = 192;
const MOST_LAG: i32 = 24;
const LAGS: i32 = 49;
const WORK: usize = (384 + 3 + 3 * 49) * 8;
/**
 * Work space: both windowed motions in doubles, then in 16 bits the estimate's, and the reference's between zeros; then
 * coarse sums by lag.
 */
const DOUBLES: usize = 384 * 8;
const SHORTS: usize = 2 * DOUBLES;
const PADDED: usize = SHORTS + 384 * 2;
const COARSE: usize = PADDED + (384 + 64) * 2;
const NORM: f64 = 32000;
const SLACK: f64 = 8;

export function smoothEnvelope(envelope: usize, count: i32, window: usize, hop: i32, out: usize): void {
  const segments = 1 + count / (2 * hop) + (count - hop) / (2 * hop);
  for (let s: i32 = 0; s < segments; s++) {
    const first = s == 0 ? hop : 0;
    const length = s == 0 || s == segments - 1 ? hop : 2 * hop;
    const w = window + (<usize>first << 3);
    const x = envelope + (<usize>(s * hop) << 3);
    let sum = f64x2.splat(0);
    let scale = f64x2.splat(0);
    const end = <usize>length << 3;
    for (let at: usize = 0; at < end; at += 16) {
      const weight = v128.load(w + at);
      sum = f64x2.add(sum, f64x2.mul(v128.load(x + at), weight));
      scale = f64x2.add(scale, weight);
    }
    store<f64>(out + (<usize>s << 3),
      (f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)) /
      (f64x2.extract_lane(scale, 0) + f64x2.extract_lane(scale, 1)));
  }
}

/** out = x·w minus its mean. @returns Σ out². */
// @ts-ignore: decorator
@inline
function windowed(x: usize, w: usize, bytes: usize, out: usize): f64 {
  let sum = f64x2.splat(0);
  for (let at: usize = 0; at < bytes; at += 16) {
    const v = f64x2.mul(v128.load(x + at), v128.load(w + at));
    v128.store(out + at, v);
    sum = f64x2.add(sum, v);
  }
  const mean = f64x2.splat((f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)) * 8 / <f64>bytes);
  let energy = f64x2.splat(0);
  for (let at: usize = 0; at < bytes; at += 16) {
    const v = f64x2.sub(v128.load(out + at), mean);
    v128.store(out + at, v);
    energy = f64x2.add(energy, f64x2.mul(v, v));
  }
  return f64x2.extract_lane(energy, 0) + f64x2.extract_lane(energy, 1);
}

/** `length` doubles times a scale as whole numbers of 16 bits. */
// @ts-ignore: decorator
@inline
function toShorts(x: usize, length: i32, scale: f64, out: usize): void {
  const s = f64x2.splat(scale);
  for (let i: usize = 0, end = <usize>length; i < end; i += 8) {
    const at = x + (i << 3);
    const a = i32x4.trunc_sat_f64x2_s_zero(f64x2.nearest(f64x2.mul(v128.load(at), s)));
    const b = i32x4.trunc_sat_f64x2_s_zero(f64x2.nearest(f64x2.mul(v128.load(at, 16), s)));
    const c = i32x4.trunc_sat_f64x2_s_zero(f64x2.nearest(f64x2.mul(v128.load(at, 32), s)));
    const d = i32x4.trunc_sat_f64x2_s_zero(f64x2.nearest(f64x2.mul(v128.load(at, 48), s)));
    v128.store(out + (i << 1), i16x8.narrow_i32x4_s(
      v128.shuffle<i32>(a, b, 0, 1, 4, 5), v128.shuffle<i32>(c, d, 0, 1, 4, 5)));
  }
}

/** |sum of the lanes| as a double: each lane may be near the limits. */
// @ts-ignore: decorator
@inline
function sizeOf(v: v128): f64 {
  return abs((<f64>i32x4.extract_lane(v, 0) + <f64>i32x4.extract_lane(v, 1)) +
    (<f64>i32x4.extract_lane(v, 2) + <f64>i32x4.extract_lane(v, 3)));
}

/** |Σ p[i + lag]·q[i]|. */
function laggedSize(p: usize, q: usize, length: i32, lag: i32): f64 {
  const a = p + (<usize>max(0, lag) << 3);
  const b = q + (<usize>max(0, -lag) << 3);
  const end = <usize>(length - abs(lag)) << 3;
  let s = f64x2.splat(0), t = f64x2.splat(0);
  let at: usize = 0;
  for (; at + 32 <= end; at += 32) {
    s = f64x2.add(s, f64x2.mul(v128.load(a + at), v128.load(b + at)));
    t = f64x2.add(t, f64x2.mul(v128.load(a + at, 16), v128.load(b + at, 16)));
  }
  s = f64x2.add(s, t);
  let sum = f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1);
  for (; at < end; at += 8) sum += load<f64>(a + at) * load<f64>(b + at);
  return abs(sum);
}

export function tileCovariances(
  x: usize, y: usize, count: i32, tables: usize, least: f64, powers: usize, covariances: usize,
): void {
  const work = tables + WORK;
  const p = work, q = work + DOUBLES;
  const numbers = work + SHORTS, padded = work + PADDED, coarse = work + COARSE;
  const segments = 1 + count / (2 * HALF) + (count - HALF) / (2 * HALF);
  for (let s: i32 = 0; s < segments; s++) {
    const first = s == 0 ? HALF : 0;
    const length = s == 0 || s == segments - 1 ? HALF : 2 * HALF;
    const kind = s == 0 ? 1 : s == segments - 1 ? 2 : 0;
    const w = tables + (<usize>first << 3);
    const from = <usize>(s * HALF) << 3;
    const bytes = <usize>length << 3;
    const scales = tables + ((384 + <usize>kind) << 3);
    const own = windowed(x + from, w, bytes, p) * load<f64>(scales);
    const other = windowed(y + from, w, bytes, q) * load<f64>(scales);
    store<f64>(powers + (<usize>s << 3), 2 * own);
    store<f64>(covariances + (<usize>s << 3), 0);
    if (!(own > 1e-30 && other > 1e-30 && 2 * own > least)) continue;
    // The best lag is found in whole numbers of 16 bits: norms of NORM, so that no sum of products leaves 32 bits.
    // Zeros on both sides of the reference.
    const shorts = <usize>length << 1;
    for (let at: usize = 0; at < 48; at += 16) {
      v128.store(padded + at, i32x4.splat(0));
      v128.store(padded + 48 + shorts + at, i32x4.splat(0));
    }
    v128.store(padded + 96 + shorts, i32x4.splat(0));
    const weight = load<f64>(scales);
    toShorts(p, length, NORM * Math.sqrt(weight / own), padded + 48);
    toShorts(q, length, NORM * Math.sqrt(weight / other), numbers);
    const lags = tables + ((384 + 3 + <usize>(LAGS * kind)) << 3);
    let most: f64 = 0;
    for (let lag: i32 = 0; lag < LAGS; lag += 4) {
      let a = i32x4.splat(0), b = a, c = a, d = a;
      const shifted = padded + (<usize>lag << 1);
      for (let at: usize = 0; at < shorts; at += 16) {
        const v = v128.load(numbers + at);
        a = i32x4.add(a, i32x4.dot_i16x8_s(v, v128.load(shifted + at)));
        b = i32x4.add(b, i32x4.dot_i16x8_s(v, v128.load(shifted + at, 2)));
        c = i32x4.add(c, i32x4.dot_i16x8_s(v, v128.load(shifted + at, 4)));
        d = i32x4.add(d, i32x4.dot_i16x8_s(v, v128.load(shifted + at, 6)));
      }
      const here = coarse + (<usize>lag << 3);
      const factor = lags + (<usize>lag << 3);
      const first = sizeOf(a) * load<f64>(factor);
      store<f64>(here, first);
      most = max(most, first);
      if (lag + 1 == LAGS) break;
      const second = sizeOf(b) * load<f64>(factor, 8);
      const third = sizeOf(c) * load<f64>(factor, 16);
      const fourth = sizeOf(d) * load<f64>(factor, 24);
      store<f64>(here, second, 8);
      store<f64>(here, third, 16);
      store<f64>(here, fourth, 24);
      most = max(most, max(second, max(third, fourth)));
    }
    // Rounding to whole numbers moves sums by about 0.4·NORM; this is twenty times as much.
    const least16 = most - SLACK * NORM * load<f64>(lags, 0);
    most = 0;
    for (let lag: i32 = 0; lag < LAGS; lag++) {
      if (load<f64>(coarse + (<usize>lag << 3)) < least16) continue;
      most = max(most, laggedSize(p, q, length, lag - MOST_LAG) * load<f64>(lags + (<usize>lag << 3)));
    }
    most /= Math.sqrt(own * other);
    store<f64>(covariances + (<usize>s << 3), min(1, most));
  }
}
