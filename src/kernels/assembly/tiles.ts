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
/** Work space: both windowed motions in doubles, then floats: the estimate's, and the reference's between zeros. */
const DOUBLES: usize = 384 * 8;
const FLOATS: usize = 2 * DOUBLES;
const PADDED: usize = FLOATS + 384 * 4;

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

/** `length` doubles times a scale as floats. */
// @ts-ignore: decorator
@inline
function toFloats(x: usize, length: i32, scale: f64, out: usize): void {
  const s = f64x2.splat(scale);
  for (let i: usize = 0, end = <usize>length; i < end; i += 4) {
    const low = f32x4.demote_f64x2_zero(f64x2.mul(v128.load(x + (i << 3)), s));
    const high = f32x4.demote_f64x2_zero(f64x2.mul(v128.load(x + (i << 3), 16), s));
    v128.store(out + (i << 2), v128.shuffle<f32>(low, high, 0, 1, 4, 5));
  }
}

// @ts-ignore: decorator
@inline
function sumOf(v: v128): f64 {
  return <f64>((f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1)) +
    (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3)));
}

export function tileCovariances(
  x: usize, y: usize, count: i32, tables: usize, least: f64, powers: usize, covariances: usize,
): void {
  const work = tables + WORK;
  const p = work, q = work + DOUBLES;
  const floats = work + FLOATS, padded = work + PADDED;
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
    // To powers of about 1, so that floats are far from their limits; zeros on both sides of the reference.
    for (let at: usize = 0; at < 96; at += 16) {
      v128.store(padded + at, f32x4.splat(0));
      v128.store(padded + 96 + (<usize>length << 2) + at, f32x4.splat(0));
    }
    v128.store(padded + 192 + (<usize>length << 2), f32x4.splat(0));
    toFloats(p, length, 1 / Math.sqrt(own), padded + 96);
    toFloats(q, length, 1 / Math.sqrt(other), floats);
    const lags = tables + ((384 + 3 + <usize>(LAGS * kind)) << 3);
    let most: f64 = 0;
    for (let lag: i32 = 0; lag < LAGS; lag += 4) {
      let a = f32x4.splat(0), b = a, c = a, d = a;
      const shifted = padded + (<usize>lag << 2);
      const end = <usize>length << 2;
      for (let at: usize = 0; at < end; at += 16) {
        const v = v128.load(floats + at);
        a = f32x4.add(a, f32x4.mul(v, v128.load(shifted + at)));
        b = f32x4.add(b, f32x4.mul(v, v128.load(shifted + at, 4)));
        c = f32x4.add(c, f32x4.mul(v, v128.load(shifted + at, 8)));
        d = f32x4.add(d, f32x4.mul(v, v128.load(shifted + at, 12)));
      }
      most = max(most, abs(sumOf(a)) * load<f64>(lags + (<usize>lag << 3)));
      if (lag + 1 == LAGS) break;
      most = max(most, abs(sumOf(b)) * load<f64>(lags + (<usize>lag << 3), 8));
      most = max(most, abs(sumOf(c)) * load<f64>(lags + (<usize>lag << 3), 16));
      most = max(most, abs(sumOf(d)) * load<f64>(lags + (<usize>lag << 3), 24));
    }
    store<f64>(covariances + (<usize>s << 3), min(1, most));
  }
}
