/**
 * What a gate hears of a frame: powers of stems and of their sum in bands (docs/mathematics.md, 9.1).
 *
 * Planar frames (see frameSpectra.ts) of all stems, `stride` bytes apart. edges: the first bin of each band, and the one after
 * the last. out: of each stem, then of the sum, its bands' |L|² + |R|²; then of each their |L + R|² / 2.
 */

// @ts-ignore: decorator
@inline
function lanes(x: v128): f32 {
  const a = f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1);
  return a + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3));
}

// @ts-ignore: decorator
@inline
function square(x: v128): v128 {
  return f32x4.mul(x, x);
}

/** One band of a signal that is the sum of the frames at `at`, `stride` apart: its powers to `out`, `common` bytes apart. */
function band(at: usize, stride: usize, count: i32, row: usize, bins: i32, out: usize, common: usize): void {
  let power = f32x4.splat(0);
  let shared = power;
  let tailPower: f32 = 0;
  let tailShared: f32 = 0;
  let bin = 0;
  for (; bin + 4 <= bins; bin += 4) {
    let p = at + <usize>bin * 4;
    let lr = v128.load(p);
    let li = v128.load(p + row);
    let rr = v128.load(p + 2 * row);
    let ri = v128.load(p + 3 * row);
    for (let signal = 1; signal < count; signal++) {
      p += stride;
      lr = f32x4.add(lr, v128.load(p));
      li = f32x4.add(li, v128.load(p + row));
      rr = f32x4.add(rr, v128.load(p + 2 * row));
      ri = f32x4.add(ri, v128.load(p + 3 * row));
    }
    power = f32x4.add(power, f32x4.add(f32x4.add(square(lr), square(li)), f32x4.add(square(rr), square(ri))));
    shared = f32x4.add(shared, f32x4.add(square(f32x4.add(lr, rr)), square(f32x4.add(li, ri))));
  }
  for (; bin < bins; bin++) {
    let p = at + <usize>bin * 4;
    let lr = load<f32>(p);
    let li = load<f32>(p + row);
    let rr = load<f32>(p + 2 * row);
    let ri = load<f32>(p + 3 * row);
    for (let signal = 1; signal < count; signal++) {
      p += stride;
      lr += load<f32>(p);
      li += load<f32>(p + row);
      rr += load<f32>(p + 2 * row);
      ri += load<f32>(p + 3 * row);
    }
    tailPower += lr * lr + li * li + rr * rr + ri * ri;
    tailShared += (lr + rr) * (lr + rr) + (li + ri) * (li + ri);
  }
  store<f32>(out, lanes(power) + tailPower);
  store<f32>(out + common, 0.5 * (lanes(shared) + tailShared));
}

/** Of one frame; `bins` are those of a row. */
export function stemBands(
  spectra: usize, stride: usize, stems: i32, bins: i32, edges: usize, bands: i32, out: usize,
): void {
  const row = <usize>bins * 4;
  const common = <usize>((stems + 1) * bands) * 4;
  for (let b = 0; b < bands; b++) {
    const from = load<i32>(edges + <usize>b * 4);
    const count = load<i32>(edges + <usize>b * 4, 4) - from;
    let at = spectra + <usize>from * 4;
    let to = out + <usize>b * 4;
    band(at, stride, stems, row, count, to + <usize>(stems * bands) * 4, common);
    for (let stem = 0; stem < stems; stem++) {
      band(at, stride, 1, row, count, to, common);
      at += stride;
      to += <usize>bands * 4;
    }
  }
}
