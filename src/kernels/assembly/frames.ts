/** Coefficients of one bin to the network's frame layout: normalised magnitudes, two half frames a slice. */

// @ts-ignore: decorator
@inline
function magnitude(c: usize, gains: v128, mean: v128, scale: v128): v128 {
  const re = v128.load(c);
  const im = v128.load(c, 16);
  const abs = f32x4.sqrt(f32x4.add(f32x4.mul(re, re), f32x4.mul(im, im)));
  return f32x4.mul(f32x4.add(f32x4.mul(gains, abs), mean), scale);
}

// @ts-ignore: decorator
@inline
function storeSome(to: usize, a: v128, b: v128, count: i32): void {
  if (count >= 8) {
    v128.store(to, a);
    v128.store(to, b, 16);
    return;
  }
  if (count > 0) store<f32>(to, f32x4.extract_lane(a, 0));
  if (count > 1) store<f32>(to, f32x4.extract_lane(a, 1), 4);
  if (count > 2) store<f32>(to, f32x4.extract_lane(a, 2), 8);
  if (count > 3) store<f32>(to, f32x4.extract_lane(a, 3), 12);
  if (count > 4) store<f32>(to, f32x4.extract_lane(b, 0), 16);
  if (count > 5) store<f32>(to, f32x4.extract_lane(b, 1), 20);
  if (count > 6) store<f32>(to, f32x4.extract_lane(b, 2), 24);
}

/**
 * For coefficient n of the lanes' slices: (gain·|c[n]| + mean)·scale, with the gain of the lane, goes to row τ = n' mod H, frame
 * `frame` + 2l + floor(n'/H), with n' = n − advance (n' = −1 is the last row of the frame before).
 * A row starts at out + τ·stride bytes; frames at or beyond `count` from `frame` on are not written.
 */
export function frameMagnitudes(
  c: usize, half: i32, mean: f32, scale: f32, advance: i32, out: usize, stride: usize, frame: i32, count: i32,
  gains: usize,
): void {
  const vGains = v128.load(gains);
  const vMean = f32x4.splat(mean);
  const vScale = f32x4.splat(scale);
  for (let tau = 0; tau < half; tau++) {
    const last = advance != 0 && tau == half - 1;
    const n = last ? 0 : tau + advance;
    const a = magnitude(c + <usize>n * 32, vGains, vMean, vScale);
    const b = magnitude(c + <usize>(n + half) * 32, vGains, vMean, vScale);
    const shift = last ? 1 : 0;
    storeSome(
      out + <usize>tau * stride + <usize>(frame - shift) * 4,
      v128.shuffle<f32>(a, b, 0, 4, 1, 5),
      v128.shuffle<f32>(a, b, 2, 6, 3, 7),
      count + shift,
    );
  }
}
