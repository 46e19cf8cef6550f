/**
 * What HAAQI takes of a band: smoothed envelopes, and covariances of tiles of 16 ms.
 *
 * Segments are 2·hop samples long and begin every hop; the first and the last one are halves, with the later and the
 * earlier half of the window.
 *
 * `tables`: 1/Σw² for whole, later half, earlier half; for each of these 1/Σw[i+l]·w[i] for the lags l = −24 … 24; the
 * window (384 floats); then 6 kB of work space.
 */

const HALF: i32 = 192;
const MOST_LAG: i32 = 24;
const LAGS: i32 = 49;
const WINDOW: usize = (3 + 3 * 49) * 8;
const WORK: usize = WINDOW + 384 * 4;
/**
 * Work space: both windowed motions in floats, then in 16 bits the estimate's, and the reference's between zeros; then
 * coarse sums by lag.
 */
const FLOATS: usize = 384 * 4;
const SHORTS: usize = 2 * FLOATS;
const PADDED: usize = SHORTS + 384 * 2;
const COARSE: usize = PADDED + (384 + 64) * 2;
const NORM: f64 = 32000;
const SLACK: f64 = 8;

/** The sum of four floats. */
// @ts-ignore: decorator
@inline
function sumOf(v: v128): f64 {
  return (<f64>f32x4.extract_lane(v, 0) + <f64>f32x4.extract_lane(v, 1)) +
    (<f64>f32x4.extract_lane(v, 2) + <f64>f32x4.extract_lane(v, 3));
}

export function smoothEnvelope(envelope: usize, count: i32, window: usize, hop: i32, out: usize): void {
  const segments = 1 + count / (2 * hop) + (count - hop) / (2 * hop);
  for (let s: i32 = 0; s < segments; s++) {
    const first = s == 0 ? hop : 0;
    const length = s == 0 || s == segments - 1 ? hop : 2 * hop;
    const w = window + (<usize>first << 2);
    const x = envelope + (<usize>(s * hop) << 2);
    let sum = f32x4.splat(0), more = f32x4.splat(0);
    let scale = f32x4.splat(0);
    const end = <usize>length << 2;
    for (let at: usize = 0; at < end; at += 32) {
      const weight = v128.load(w + at), next = v128.load(w + at, 16);
      sum = f32x4.add(sum, f32x4.mul(v128.load(x + at), weight));
      more = f32x4.add(more, f32x4.mul(v128.load(x + at, 16), next));
      scale = f32x4.add(scale, f32x4.add(weight, next));
    }
    store<f32>(out + (<usize>s << 2), <f32>((sumOf(sum) + sumOf(more)) / sumOf(scale)));
  }
}

/** out = x·w minus its mean. @returns Σ out². */
// @ts-ignore: decorator
@inline
function windowed(x: usize, w: usize, bytes: usize, out: usize): f64 {
  let sum = f32x4.splat(0), more = f32x4.splat(0);
  for (let at: usize = 0; at < bytes; at += 32) {
    const u = f32x4.mul(v128.load(x + at), v128.load(w + at));
    const v = f32x4.mul(v128.load(x + at, 16), v128.load(w + at, 16));
    v128.store(out + at, u);
    v128.store(out + at, v, 16);
    sum = f32x4.add(sum, u);
    more = f32x4.add(more, v);
  }
  const mean = f32x4.splat(<f32>((sumOf(sum) + sumOf(more)) * 4 / <f64>bytes));
  sum = f32x4.splat(0);
  more = f32x4.splat(0);
  for (let at: usize = 0; at < bytes; at += 32) {
    const u = f32x4.sub(v128.load(out + at), mean), v = f32x4.sub(v128.load(out + at, 16), mean);
    v128.store(out + at, u);
    v128.store(out + at, v, 16);
    sum = f32x4.add(sum, f32x4.mul(u, u));
    more = f32x4.add(more, f32x4.mul(v, v));
  }
  return sumOf(sum) + sumOf(more);
}

/** `length` floats times a scale as whole numbers of 16 bits. */
// @ts-ignore: decorator
@inline
function toShorts(x: usize, length: i32, scale: f64, out: usize): void {
  const s = f32x4.splat(<f32>scale);
  for (let i: usize = 0, end = <usize>length; i < end; i += 8) {
    const at = x + (i << 2);
    const a = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(at), s)));
    const b = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(at, 16), s)));
    v128.store(out + (i << 1), i16x8.narrow_i32x4_s(a, b));
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
  const a = p + (<usize>max(0, lag) << 2);
  const b = q + (<usize>max(0, -lag) << 2);
  const end = <usize>(length - abs(lag)) << 2;
  let s = f32x4.splat(0), t = f32x4.splat(0);
  let at: usize = 0;
  for (; at + 32 <= end; at += 32) {
    s = f32x4.add(s, f32x4.mul(v128.load(a + at), v128.load(b + at)));
    t = f32x4.add(t, f32x4.mul(v128.load(a + at, 16), v128.load(b + at, 16)));
  }
  let sum = sumOf(s) + sumOf(t);
  for (; at < end; at += 4) sum += <f64>load<f32>(a + at) * <f64>load<f32>(b + at);
  return abs(sum);
}

export function tileCovariances(
  x: usize, y: usize, count: i32, tables: usize, least: f64, powers: usize, covariances: usize,
): void {
  const work = tables + WORK;
  const p = work, q = work + FLOATS;
  const numbers = work + SHORTS, padded = work + PADDED, coarse = work + COARSE;
  const segments = 1 + count / (2 * HALF) + (count - HALF) / (2 * HALF);
  for (let s: i32 = 0; s < segments; s++) {
    const first = s == 0 ? HALF : 0;
    const length = s == 0 || s == segments - 1 ? HALF : 2 * HALF;
    const kind = s == 0 ? 1 : s == segments - 1 ? 2 : 0;
    const w = tables + WINDOW + (<usize>first << 2);
    const from = <usize>(s * HALF) << 2;
    const bytes = <usize>length << 2;
    const scales = tables + (<usize>kind << 3);
    const own = windowed(x + from, w, bytes, p) * load<f64>(scales);
    const other = windowed(y + from, w, bytes, q) * load<f64>(scales);
    store<f32>(powers + (<usize>s << 2), <f32>(2 * own));
    store<f32>(covariances + (<usize>s << 2), 0);
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
    const lags = tables + ((3 + <usize>(LAGS * kind)) << 3);
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
    store<f32>(covariances + (<usize>s << 2), <f32>min<f64>(1, most));
  }
}
