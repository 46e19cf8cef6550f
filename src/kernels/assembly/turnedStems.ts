/**
 * Stems of a batch in one bin of four slices, turned by the phase of their sum, the mixture, to arrays that have the items
 * innermost (see `training/turnedFrames.ts`).
 */
import { spread } from "./cells";

/** Stores x·cos + y·sin. */
// @ts-ignore: decorator
@inline
function turned(x: v128, y: v128, cos: v128, sin: v128): v128 {
  return f32x4.add(f32x4.mul(x, cos), f32x4.mul(y, sin));
}

/**
 * @param from the bin's coefficients of the first item's first channel; the other channels, left and right of each stem, lie
 *   `channel` bytes apart, items `item` bytes
 * @param slices of the four that count, 1 to 4
 * @param magnitude, inPhase, quadrature, cosine, sine where numbers of the bin's first line, the first slice and item go to;
 *   quadrature 0: they are not wanted, cosine 0: nor the channels' phases and the peaks. Lines lie `line` bytes apart, stems
 *   4·half lines of these, half slices the items
 * @param energies four doubles of each item, Σ|c|² of each stem, which are added to
 * @param peaks |X|², the largest of each window and item, [windows, items]
 * @param first time of the first slice's first coefficient, of which a window has `window`
 * @param work 64 bytes of each item
 */
export function turnStems(
  from: usize, channel: usize, item: usize, items: i32, half: i32, slices: i32,
  magnitude: usize, inPhase: usize, quadrature: usize, cosine: usize, sine: usize, line: usize,
  energies: usize, peaks: usize, first: i32, window: i32, work: usize,
): void {
  const one = f32x4.splat(1);
  const zero = f32x4.splat(0);
  const counts = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(slices));
  const column = <usize>items * 4;
  const stride = 2 * column;
  const coefs = 2 * half;
  const stem = <usize>coefs * line;
  memory.fill(work, 0, <usize>items * 64);
  for (let n = 0; n < coefs; n++) {
    const late = <i32>(n >= half);
    const row = <usize>(n - late * half) * line + <usize>late * column;
    for (let i = 0; i < items; i++) {
      let at = from + <usize>i * item + <usize>n * 32;
      let cos0 = one;
      let sin0 = zero;
      let peak = zero;
      for (let c: usize = 0; c < 2; c++) {
        const left = at;
        let re = zero;
        let im = zero;
        for (let j: usize = 0; j < 4; j++) {
          re = f32x4.add(re, v128.load(at));
          im = f32x4.add(im, v128.load(at, 16));
          at += 2 * channel;
        }
        const power = f32x4.add(f32x4.mul(re, re), f32x4.mul(im, im));
        const abs = f32x4.sqrt(power);
        const sounds = f32x4.gt(abs, zero);
        const cos = v128.bitselect(f32x4.div(re, abs), one, sounds);
        const sin = v128.bitselect(f32x4.div(im, abs), zero, sounds);
        const to = row + c * <usize>half * line + <usize>i * 4;
        spread(abs, slices, magnitude + to, stride);
        at = left;
        for (let j: usize = 0; j < 4; j++) {
          const a = v128.load(at);
          const b = v128.load(at, 16);
          at += 2 * channel;
          spread(turned(a, b, cos, sin), slices, inPhase + j * stem + to, stride);
          if (quadrature) spread(turned(b, f32x4.neg(a), cos, sin), slices, quadrature + j * stem + to, stride);
          const sum = work + <usize>i * 64 + j * 16;
          const energy = v128.and(counts, f32x4.add(f32x4.mul(a, a), f32x4.mul(b, b)));
          v128.store(sum, f32x4.add(v128.load(sum), energy));
        }
        if (c == 0) {
          cos0 = cos;
          sin0 = sin;
          peak = power;
        } else if (cosine) {
          const to = row + <usize>i * 4;
          spread(turned(cos0, sin0, cos, sin), slices, cosine + to, stride);
          spread(turned(sin0, f32x4.neg(cos0), cos, sin), slices, sine + to, stride);
          peak = f32x4.max(peak, power);
        }
        at = left + channel;
      }
      if (!cosine) continue;
      const place = peaks + <usize>i * 4;
      keepPeak(f32x4.extract_lane(peak, 0), place + <usize>((first + n) / window) * column);
      if (slices > 1) keepPeak(f32x4.extract_lane(peak, 1), place + <usize>((first + coefs + n) / window) * column);
      if (slices > 2) keepPeak(f32x4.extract_lane(peak, 2), place + <usize>((first + 2 * coefs + n) / window) * column);
      if (slices > 3) keepPeak(f32x4.extract_lane(peak, 3), place + <usize>((first + 3 * coefs + n) / window) * column);
    }
  }
  for (let k = 0; k < 4 * items; k++) {
    const sum = v128.load(work + <usize>k * 16);
    const low = <f64>f32x4.extract_lane(sum, 0) + <f64>f32x4.extract_lane(sum, 1);
    const high = <f64>f32x4.extract_lane(sum, 2) + <f64>f32x4.extract_lane(sum, 3);
    const to = energies + <usize>k * 8;
    store<f64>(to, load<f64>(to) + low + high);
  }
}

// @ts-ignore: decorator
@inline
function keepPeak(power: f32, to: usize): void {
  if (power > load<f32>(to)) store<f32>(to, power);
}
