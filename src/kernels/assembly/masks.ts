/**
 * Masks of the network (frame layout: target j, channel a, τ, bin, half frame p = 2·slice + [n ≥ H]) applied to
 * the mixture's coefficients of one bin (lanes = slices): mix phase, docs/mathematics.md, 3.1.
 *
 * masks points at j = 0, a = 0, τ = 0, this bin, the first lane's even half frame; rows are `stride` bytes
 * apart in τ, H·stride in a, 2H·stride in j.
 */

/** Mask of coefficient τ (even half frame) in the lanes. */
// @ts-ignore: decorator
@inline
export function evenHalf(row: usize): v128 {
  return v128.shuffle<f32>(v128.load(row), v128.load(row, 16), 0, 2, 4, 6);
}

/** Mask of coefficient τ + H (odd half frame) in the lanes. */
// @ts-ignore: decorator
@inline
export function oddHalf(row: usize): v128 {
  return v128.shuffle<f32>(v128.load(row), v128.load(row, 16), 1, 3, 5, 7);
}

/** out[r][n] = mask[r][n]·x[n] for rows r = 0..targets−1 of one channel; targets lie `outStride` bytes apart. */
export function applyMasks(
  x: usize, masks: usize, stride: usize, half: i32, targets: i32, out: usize, outStride: usize,
): void {
  const width = <usize>half * 32;
  for (let j = 0; j < targets; j++) {
    let row = masks + <usize>j * 2 * <usize>half * stride;
    let from = x;
    let to = out + <usize>j * outStride;
    for (let tau = 0; tau < half; tau++) {
      const even = evenHalf(row);
      const odd = oddHalf(row);
      v128.store(to, f32x4.mul(even, v128.load(from)));
      v128.store(to, f32x4.mul(even, v128.load(from, 16)), 16);
      v128.store(to + width, f32x4.mul(odd, v128.load(from + width)));
      v128.store(to + width, f32x4.mul(odd, v128.load(from + width, 16)), 16);
      row += stride;
      from += 32;
      to += 32;
    }
  }
}

/**
 * Added to masks before ratios of them are taken: where all are near 0, the ratios would be those of rounding errors.
 * Leaks 80 dB below the mixture.
 */
const LEAST_MASK: f32 = 1e-4;

/** Adds a little to `count` masks. count: a multiple of 4. */
export function liftMasks(masks: usize, count: i32): void {
  const least = f32x4.splat(LEAST_MASK);
  const end = masks + <usize>count * 4;
  for (let at = masks; at < end; at += 16) v128.store(at, f32x4.add(v128.load(at), least));
}

/** Divides arrays of `count` masks, one after the other, by their sum. count: a multiple of 4. */
export function normaliseMasks(masks: usize, count: i32, targets: i32): void {
  const bytes = <usize>count * 4;
  if (targets == 4) return normaliseFour(masks, bytes);
  for (let at = masks; at < masks + bytes; at += 16) {
    let sum = v128.load(at);
    for (let j = 1; j < targets; j++) sum = f32x4.add(sum, v128.load(at + <usize>j * bytes));
    const scale = f32x4.div(f32x4.splat(1), sum);
    for (let j = 0; j < targets; j++) {
      const to = at + <usize>j * bytes;
      v128.store(to, f32x4.mul(v128.load(to), scale));
    }
  }
}

/** The usual number, several times faster without loops. */
function normaliseFour(masks: usize, bytes: usize): void {
  for (let at = masks; at < masks + bytes; at += 16) {
    const a = v128.load(at);
    const b = v128.load(at + bytes);
    const c = v128.load(at + 2 * bytes);
    const d = v128.load(at + 3 * bytes);
    const scale = f32x4.div(f32x4.splat(1), f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
    v128.store(at, f32x4.mul(a, scale));
    v128.store(at + bytes, f32x4.mul(b, scale));
    v128.store(at + 2 * bytes, f32x4.mul(c, scale));
    v128.store(at + 3 * bytes, f32x4.mul(d, scale));
  }
}
