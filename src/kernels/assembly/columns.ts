/**
 * Loops over rows of numbers in training, column by column: batch norms forward and back, and losses of magnitudes
 * (docs/mathematics.md, 7.5). Sums are doubles, and are added to what is there.
 */

/** sums += x, squares += x², of x [rows, width]. */
export function columnMoments(x: usize, rows: i32, width: i32, sums: usize, squares: usize): void {
  for (let row = 0; row < rows; row++) {
    let s = sums;
    let q = squares;
    let i = 0;
    for (; i + 2 <= width; i += 2, x += 8, s += 16, q += 16) {
      const value = f64x2.promote_low_f32x4(v128.load64_zero(x));
      v128.store(s, f64x2.add(v128.load(s), value));
      v128.store(q, f64x2.add(v128.load(q), f64x2.mul(value, value)));
    }
    for (; i < width; i++, x += 4, s += 8, q += 8) {
      const value = <f64>load<f32>(x);
      store<f64>(s, load<f64>(s) + value);
      store<f64>(q, load<f64>(q) + value * value);
    }
  }
}

/** out = max(floor, (x − mean)·scale + bias). mean, scale, bias: [width]. */
export function normaliseColumns(
  x: usize, rows: i32, width: i32, mean: usize, scale: usize, bias: usize, floor: f32, out: usize,
): void {
  const least = f32x4.splat(floor);
  for (let row = 0; row < rows; row++) {
    let i = 0;
    for (; i + 4 <= width; i += 4, x += 16, out += 16) {
      const at = <usize>i * 4;
      const y = f32x4.mul(f32x4.sub(v128.load(x), v128.load(mean + at)), v128.load(scale + at));
      v128.store(out, f32x4.max(least, f32x4.add(y, v128.load(bias + at))));
    }
    for (; i < width; i++, x += 4, out += 4) {
      const at = <usize>i * 4;
      const y = (load<f32>(x) - load<f32>(mean + at)) * load<f32>(scale + at) + load<f32>(bias + at);
      store<f32>(out, max<f32>(floor, y));
    }
  }
}

/**
 * The way back through {@link normaliseColumns}, its sums: gradient becomes 0 where out is `floor`, byBias += gradient, byWeight +=
 * gradient·(x − mean).
 */
export function columnGradients(
  x: usize, out: usize, gradient: usize, rows: i32, width: i32, mean: usize, floor: f32,
  byBias: usize, byWeight: usize,
): void {
  const least = f32x4.splat(floor);
  for (let row = 0; row < rows; row++) {
    let b = byBias;
    let w = byWeight;
    let i = 0;
    for (; i + 4 <= width; i += 4, x += 16, out += 16, gradient += 16, b += 32, w += 32) {
      const g = v128.and(v128.load(gradient), f32x4.gt(v128.load(out), least));
      v128.store(gradient, g);
      const p = f32x4.mul(g, f32x4.sub(v128.load(x), v128.load(mean + <usize>i * 4)));
      v128.store(b, f64x2.add(v128.load(b), f64x2.promote_low_f32x4(g)));
      const g2 = v128.shuffle<f32>(g, g, 2, 3, 2, 3);
      v128.store(b, f64x2.add(v128.load(b, 16), f64x2.promote_low_f32x4(g2)), 16);
      v128.store(w, f64x2.add(v128.load(w), f64x2.promote_low_f32x4(p)));
      const p2 = v128.shuffle<f32>(p, p, 2, 3, 2, 3);
      v128.store(w, f64x2.add(v128.load(w, 16), f64x2.promote_low_f32x4(p2)), 16);
    }
    for (; i < width; i++, x += 4, out += 4, gradient += 4, b += 8, w += 8) {
      const g: f32 = load<f32>(out) > floor ? load<f32>(gradient) : 0;
      store<f32>(gradient, g);
      store<f64>(b, load<f64>(b) + <f64>g);
      store<f64>(w, load<f64>(w) + <f64>(g * (load<f32>(x) - load<f32>(mean + <usize>i * 4))));
    }
  }
}

/** gradient ← scale·gradient − slope·(x − mean) − constant. */
export function normaliseColumnsBack(
  x: usize, gradient: usize, rows: i32, width: i32, mean: usize, scale: usize, slope: usize, constant: usize,
): void {
  for (let row = 0; row < rows; row++) {
    let i = 0;
    for (; i + 4 <= width; i += 4, x += 16, gradient += 16) {
      const at = <usize>i * 4;
      const centred = f32x4.sub(v128.load(x), v128.load(mean + at));
      const own = f32x4.mul(v128.load(scale + at), v128.load(gradient));
      const g = f32x4.sub(own, f32x4.mul(v128.load(slope + at), centred));
      v128.store(gradient, f32x4.sub(g, v128.load(constant + at)));
    }
    for (; i < width; i++, x += 4, gradient += 4) {
      const at = <usize>i * 4;
      const centred = load<f32>(x) - load<f32>(mean + at);
      const g = load<f32>(scale + at) * load<f32>(gradient) - load<f32>(slope + at) * centred;
      store<f32>(gradient, g - load<f32>(constant + at));
    }
  }
}

/**
 * Σ each·Σ e² + joint·(Σ e)² over `count` positions, the inner sums over targets, e = mask·mixture − stem. Targets' rows lie
 * `stride` bytes apart; masks become the gradient times `factor`, unless that is 0.
 */
export function magnitudeErrors(
  mixture: usize, masks: usize, stems: usize, targets: i32, stride: usize, count: i32,
  each: f32, joint: f32, factor: f32,
): f64 {
  let total = f64x2.splat(0);
  const end = mixture + <usize>count * 4;
  for (; mixture < end; mixture += 16, masks += 16, stems += 16) {
    const x = v128.load(mixture);
    let sum = f32x4.splat(0);
    let squares = f32x4.splat(0);
    for (let j: usize = 0; j < <usize>targets; j++) {
      const e = f32x4.sub(f32x4.mul(v128.load(masks + j * stride), x), v128.load(stems + j * stride));
      sum = f32x4.add(sum, e);
      squares = f32x4.add(squares, f32x4.mul(e, e));
    }
    const own = f32x4.add(
      f32x4.mul(f32x4.splat(each), squares),
      f32x4.mul(f32x4.splat(joint), f32x4.mul(sum, sum)),
    );
    total = f64x2.add(total, f64x2.promote_low_f32x4(own));
    total = f64x2.add(total, f64x2.promote_low_f32x4(v128.shuffle<f32>(own, own, 2, 3, 2, 3)));
    if (factor == 0) continue;
    const f = f32x4.mul(f32x4.splat(2 * factor), x);
    const shared = f32x4.mul(f32x4.splat(joint), sum);
    for (let j: usize = 0; j < <usize>targets; j++) {
      const at = masks + j * stride;
      const e = f32x4.sub(f32x4.mul(v128.load(at), x), v128.load(stems + j * stride));
      v128.store(at, f32x4.mul(f, f32x4.add(f32x4.mul(f32x4.splat(each), e), shared)));
    }
  }
  return f64x2.extract_lane(total, 0) + f64x2.extract_lane(total, 1);
}

/** products[i, k] += Σ of signals i and k, for i ≤ k; signals lie `stride` bytes apart. length: a multiple of 4. */
export function scalarProducts(
  signals: usize, count: i32, stride: usize, length: i32, products: usize,
): void {
  for (let i = 0; i < count; i++) {
    for (let k = i; k < count; k++) {
      let a = signals + <usize>i * stride;
      let b = signals + <usize>k * stride;
      let sum = f64x2.splat(0);
      for (const end = a + <usize>length * 4; a < end; a += 16, b += 16) {
        const x = v128.load(a);
        const y = v128.load(b);
        sum = f64x2.add(sum, f64x2.mul(f64x2.promote_low_f32x4(x), f64x2.promote_low_f32x4(y)));
        const x2 = f64x2.promote_low_f32x4(v128.shuffle<f32>(x, x, 2, 3, 2, 3));
        const y2 = f64x2.promote_low_f32x4(v128.shuffle<f32>(y, y, 2, 3, 2, 3));
        sum = f64x2.add(sum, f64x2.mul(x2, y2));
      }
      const at = products + <usize>(i * count + k) * 8;
      const own = f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
      store<f64>(at, load<f64>(at) + own);
    }
  }
}

/** out = Σ shares[i]·signal i. length: a multiple of 4. */
export function mixSignals(
  signals: usize, count: i32, stride: usize, length: i32, shares: usize, out: usize,
): void {
  for (let at: usize = 0; at < <usize>length * 4; at += 16) {
    let sum = f32x4.splat(0);
    for (let i: usize = 0; i < <usize>count; i++) {
      const share = v128.load32_splat(shares + i * 4);
      sum = f32x4.add(sum, f32x4.mul(share, v128.load(signals + i * stride + at)));
    }
    v128.store(out + at, sum);
  }
}
