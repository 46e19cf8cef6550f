/**
 * Wiener-EM for stereo in closed form (docs/mathematics.md, 3.2), one bin, four slices in the lanes.
 *
 * With y_j = mask_j·x the scale c of the original cancels but for the regularisation, so statistics are taken
 * of the plain coefficients: S_j = Σ y_j y_j^H, and later R_j = S_j/(ε' + tr S_j/2), C = Σ v_j R_j + ρ'I.
 * The 2×2 systems are solved in double: near-mono material loses all of float32 in the determinant.
 *
 * Frames of a window: index first + l·M + n (lane l, coefficient n) must lie in 0..window−1.
 */
import { evenHalf, oddHalf } from "./masks";

/** Lanes whose frame lies in the window. `index` holds first + l·M + n. */
// @ts-ignore: decorator
@inline
function inside(index: v128, window: v128): v128 {
  return i32x4.lt_u(index, window);
}

// @ts-ignore: decorator
@inline
function addSum(to: usize, v: v128): void {
  store<f64>(
    to,
    load<f64>(to) +
      (<f64>f32x4.extract_lane(v, 0) + <f64>f32x4.extract_lane(v, 1)) +
      (<f64>f32x4.extract_lane(v, 2) + <f64>f32x4.extract_lane(v, 3)),
  );
}

// @ts-ignore: decorator
@inline
function statistics(
  x0: usize, x1: usize, masks: usize, stride: usize, half: i32, first: i32, window: i32, slices: i32, sums: usize,
  power: usize, targets: i32,
): void {
  const coefs = half * 2;
  const vWindow = i32x4.splat(window);
  const lane = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(slices));
  const offsets = i32x4(0, coefs, 2 * coefs, 3 * coefs);
  const zero = f32x4.splat(0);
  let energy = zero;
  let peak = zero;
  for (let j = 0; j < targets; j++) {
    let s00 = zero;
    let s11 = zero;
    let s01r = zero;
    let s01i = zero;
    const rows0 = masks + <usize>(2 * j) * <usize>half * stride;
    const rows1 = rows0 + <usize>half * stride;
    for (let n = 0; n < coefs; n++) {
      const odd = n >= half;
      const tau = odd ? n - half : n;
      const valid = v128.and(lane, inside(i32x4.add(offsets, i32x4.splat(first + n)), vWindow));
      const at = <usize>n * 32;
      const ar = v128.load(x0 + at);
      const ai = v128.load(x0 + at, 16);
      const br = v128.load(x1 + at);
      const bi = v128.load(x1 + at, 16);
      const row0 = rows0 + <usize>tau * stride;
      const row1 = rows1 + <usize>tau * stride;
      const m0 = odd ? oddHalf(row0) : evenHalf(row0);
      const m1 = odd ? oddHalf(row1) : evenHalf(row1);
      const p0 = f32x4.add(f32x4.mul(ar, ar), f32x4.mul(ai, ai));
      const p1 = f32x4.add(f32x4.mul(br, br), f32x4.mul(bi, bi));
      const m01 = f32x4.mul(m0, m1);
      const y00 = f32x4.mul(f32x4.mul(m0, m0), p0);
      const y11 = f32x4.mul(f32x4.mul(m1, m1), p1);
      v128.store(power + <usize>(j * coefs + n) * 16, f32x4.mul(f32x4.splat(0.5), f32x4.add(y00, y11)));
      const y01r = f32x4.mul(m01, f32x4.add(f32x4.mul(ar, br), f32x4.mul(ai, bi)));
      const y01i = f32x4.mul(m01, f32x4.sub(f32x4.mul(ai, br), f32x4.mul(ar, bi)));
      s00 = f32x4.add(s00, v128.and(valid, y00));
      s11 = f32x4.add(s11, v128.and(valid, y11));
      s01r = f32x4.add(s01r, v128.and(valid, y01r));
      s01i = f32x4.add(s01i, v128.and(valid, y01i));
      if (j == 0) {
        energy = f32x4.add(energy, v128.and(valid, f32x4.add(p0, p1)));
        peak = f32x4.max(peak, v128.and(valid, f32x4.max(p0, p1)));
      }
    }
    const to = sums + <usize>j * 32;
    addSum(to, s00);
    addSum(to + 8, s11);
    addSum(to + 16, s01r);
    addSum(to + 24, s01i);
  }
  const rest = sums + <usize>targets * 32;
  addSum(rest, energy);
  const largest = max(
    max(f32x4.extract_lane(peak, 0), f32x4.extract_lane(peak, 1)),
    max(f32x4.extract_lane(peak, 2), f32x4.extract_lane(peak, 3)),
  );
  if (<f64>largest > load<f64>(rest + 8)) store<f64>(rest + 8, <f64>largest);
}

/**
 * Adds to sums (f64): per target S00, S11, Re S01, Im S01; then the energy Σ|x0|²+|x1|² and the largest
 * |x_a|² (4·targets + 2 numbers). Lanes ≥ slices are left out. For all lanes, inside the window or not, writes
 * power[j][n] = v_j = (|y_j0|² + |y_j1|²)/2, 16 bytes each, which is all that the filter needs of the masks.
 */
export function wienerStatistics(
  x0: usize, x1: usize, masks: usize, stride: usize, half: i32, first: i32, window: i32, slices: i32, sums: usize,
  power: usize, targets: i32,
): void {
  // The usual number is known to the compiler.
  if (targets == 4) statistics(x0, x1, masks, stride, half, first, window, slices, sums, power, 4);
  else statistics(x0, x1, masks, stride, half, first, window, slices, sums, power, targets);
}

// @ts-ignore: decorator
@inline
function promote(from: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(from));
}

// @ts-ignore: decorator
@inline
function storeDemoted(to: usize, v: v128): void {
  v128.store64_lane(to, f32x4.demote_f64x2_zero(v), 0);
}

// @ts-ignore: decorator
@inline
function filter(
  x0: usize, x1: usize, power: usize, coefs: i32, first: i32, window: i32, spatial: usize, work: usize, out: usize,
  targets: i32,
): void {
  const vWindow = i32x4.splat(window);
  const offsets = i32x4(0, coefs, 2 * coefs, 3 * coefs);
  const width = <usize>coefs * 32;
  const rho = v128.load64_splat(spatial + <usize>targets * 32);
  const one = f64x2.splat(1);
  for (let n = 0; n < coefs; n++) {
    const valid = inside(i32x4.add(offsets, i32x4.splat(first + n)), vWindow);
    if (!v128.any_true(valid)) continue;
    const whole = i32x4.all_true(valid);
    const at = <usize>n * 32;
    const powers = power + <usize>n * 16;
    const to = whole ? out + at : work;
    const toChannel = whole ? width : 32;
    for (let pair = 0; pair < 2; pair++) {
      const shift = <usize>pair * 8;
      let a = rho;
      let d = rho;
      let br01 = f64x2.splat(0);
      let bi01 = f64x2.splat(0);
      for (let j = 0; j < targets; j++) {
        const v = promote(powers + <usize>(j * coefs) * 16 + shift);
        const r = spatial + <usize>j * 32;
        a = f64x2.add(a, f64x2.mul(v, v128.load64_splat(r)));
        d = f64x2.add(d, f64x2.mul(v, v128.load64_splat(r, 8)));
        br01 = f64x2.add(br01, f64x2.mul(v, v128.load64_splat(r, 16)));
        bi01 = f64x2.add(bi01, f64x2.mul(v, v128.load64_splat(r, 24)));
      }
      const x0r = promote(x0 + at + shift);
      const x0i = promote(x0 + at + 16 + shift);
      const x1r = promote(x1 + at + shift);
      const x1i = promote(x1 + at + 16 + shift);
      const det = f64x2.sub(f64x2.mul(a, d), f64x2.add(f64x2.mul(br01, br01), f64x2.mul(bi01, bi01)));
      const inverse = f64x2.div(one, det);
      const z0r = f64x2.mul(inverse, f64x2.sub(f64x2.mul(d, x0r), f64x2.sub(f64x2.mul(br01, x1r), f64x2.mul(bi01, x1i))));
      const z0i = f64x2.mul(inverse, f64x2.sub(f64x2.mul(d, x0i), f64x2.add(f64x2.mul(br01, x1i), f64x2.mul(bi01, x1r))));
      const z1r = f64x2.mul(inverse, f64x2.sub(f64x2.mul(a, x1r), f64x2.add(f64x2.mul(br01, x0r), f64x2.mul(bi01, x0i))));
      const z1i = f64x2.mul(inverse, f64x2.sub(f64x2.mul(a, x1i), f64x2.sub(f64x2.mul(br01, x0i), f64x2.mul(bi01, x0r))));
      for (let j = 0; j < targets; j++) {
        const v = promote(powers + <usize>(j * coefs) * 16 + shift);
        const r = spatial + <usize>j * 32;
        const ja = v128.load64_splat(r);
        const jd = v128.load64_splat(r, 8);
        const jr = v128.load64_splat(r, 16);
        const ji = v128.load64_splat(r, 24);
        const at0 = to + <usize>(2 * j) * toChannel + shift;
        const at1 = at0 + toChannel;
        storeDemoted(at0, f64x2.mul(v, f64x2.add(f64x2.mul(ja, z0r), f64x2.sub(f64x2.mul(jr, z1r), f64x2.mul(ji, z1i)))));
        storeDemoted(at0 + 16, f64x2.mul(v, f64x2.add(f64x2.mul(ja, z0i), f64x2.add(f64x2.mul(jr, z1i), f64x2.mul(ji, z1r)))));
        storeDemoted(at1, f64x2.mul(v, f64x2.add(f64x2.mul(jd, z1r), f64x2.add(f64x2.mul(jr, z0r), f64x2.mul(ji, z0i)))));
        storeDemoted(at1 + 16, f64x2.mul(v, f64x2.add(f64x2.mul(jd, z1i), f64x2.sub(f64x2.mul(jr, z0i), f64x2.mul(ji, z0r)))));
      }
    }
    if (!whole) {
      for (let row = 0; row < 2 * targets; row++) {
        const from = work + <usize>row * 32;
        const into = out + at + <usize>row * width;
        v128.store(into, v128.bitselect(v128.load(from), v128.load(into), valid));
        v128.store(into, v128.bitselect(v128.load(from, 16), v128.load(into, 16), valid), 16);
      }
    }
  }
}

/**
 * out[j][a][n] = v_j·(R_j C^{-1} x)_a for the lanes and coefficients inside the window; others stay as they are.
 * power: v_j as {@link wienerStatistics} leaves it. spatial (f64): per target a_j, d_j, Re b_j, Im b_j of R_j, then
 * ρ'. out: target-major, then channel, each 32·M bytes. work: 64 bytes for each target.
 */
export function wienerFilter(
  x0: usize, x1: usize, power: usize, coefs: i32, first: i32, window: i32, spatial: usize, work: usize, out: usize,
  targets: i32,
): void {
  if (targets == 4) filter(x0, x1, power, coefs, first, window, spatial, work, out, 4);
  else filter(x0, x1, power, coefs, first, window, spatial, work, out, targets);
}
