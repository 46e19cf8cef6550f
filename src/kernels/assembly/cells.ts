/**
 * Sums over the cells of one bin, for four hops at once: the hops that begin with the slices of a group of four.
 *
 * A hop's coefficients are the first half of its slice and the second half of the slice before, added. Of those, weighted with
 * 2·half: the powers of left and right of the mixture and their product, each stem's part in phase with the mixture, and the
 * stems' energies. The mixture is the sum of the stems.
 */

/** Bytes of the sums of a cell: left, right and product, four stems' parts of both channels, four energies. */
const SUMS: usize = 15 * 16;

// @ts-ignore: decorator
@inline
function hop(now: usize, before: usize, second: usize, mask: v128): v128 {
  const late = v128.and(mask, v128.load(now));
  const early = v128.shuffle<f32>(v128.load(before + second), v128.and(mask, v128.load(now + second)), 3, 4, 5, 6);
  return f32x4.add(late, early);
}

// @ts-ignore: decorator
@inline
function add(to: usize, a: v128, b: v128, c: v128, d: v128): void {
  v128.store(to, f32x4.add(v128.load(to), f32x4.add(f32x4.mul(a, b), f32x4.mul(c, d))));
}

/** Stores the first so many lanes, `stride` bytes apart. */
// @ts-ignore: decorator
@inline
export function spread(lanes: v128, count: i32, to: usize, stride: usize): void {
  v128.store32_lane(to, lanes, 0);
  if (count > 1) v128.store32_lane(to + stride, lanes, 1);
  if (count > 2) v128.store32_lane(to + 2 * stride, lanes, 2);
  if (count > 3) v128.store32_lane(to + 3 * stride, lanes, 3);
}

/**
 * @param now, before the bin's coefficients in the group of slices and in the one before, of left of the first stem; those of
 *   the other channels lie `channel` bytes apart, eight in all
 * @param slices of the group that count, 0 to 4; the others are taken as silence
 * @param hops how many are wanted, 1 to 4
 * @param ends where each cell ends, in coefficients: cells of the first frame, then of the second, ...; `cells` of each frame
 * @param power, product, inPhase where the first cell of the first frame and hop goes to. Cells lie `row` bytes apart, the
 *   kinds within power and inPhase `kind` bytes, frames `frame` bytes, hops `frames` times that
 * @param energies four doubles, which are added to
 * @param work 496 bytes
 */
export function sumCells(
  now: usize, before: usize, channel: usize, slices: i32, hops: i32, half: i32, ends: usize, frames: i32, cells: i32,
  power: usize, product: usize, inPhase: usize, row: usize, kind: usize, frame: usize, energies: usize, work: usize,
): void {
  const weight = f32x4.splat(2 * <f32>half);
  const mask = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(slices));
  const second = <usize>half * 32;
  const stride = <usize>frames * frame;
  const sums = work + 256;
  let n: i32 = 0;
  for (let f = 0; f < frames; f++) {
    for (let c = 0; c < cells; c++) {
      const end = load<i32>(ends + <usize>(f * cells + c) * 4);
      memory.fill(sums, 0, SUMS);
      for (; n < end; n++) {
        const at = <usize>n * 32;
        let lr = f32x4.splat(0);
        let li = lr;
        let rr = lr;
        let ri = lr;
        for (let stem: usize = 0; stem < 4; stem++) {
          let from = now + 2 * stem * channel + at;
          let past = before + 2 * stem * channel + at;
          const a = hop(from, past, second, mask);
          const b = hop(from + 16, past + 16, second, mask);
          from += channel;
          past += channel;
          const c = hop(from, past, second, mask);
          const d = hop(from + 16, past + 16, second, mask);
          const kept = work + 64 * stem;
          v128.store(kept, a);
          v128.store(kept, b, 16);
          v128.store(kept, c, 32);
          v128.store(kept, d, 48);
          lr = f32x4.add(lr, a);
          li = f32x4.add(li, b);
          rr = f32x4.add(rr, c);
          ri = f32x4.add(ri, d);
          const energy = sums + 16 * (11 + stem);
          add(energy, a, a, b, b);
          add(energy, c, c, d, d);
        }
        add(sums, lr, lr, li, li);
        add(sums + 16, rr, rr, ri, ri);
        add(sums + 32, lr, rr, li, ri);
        for (let stem: usize = 0; stem < 4; stem++) {
          const kept = work + 64 * stem;
          const to = sums + 48 + 32 * stem;
          add(to, lr, v128.load(kept), li, v128.load(kept, 16));
          add(to + 16, rr, v128.load(kept, 32), ri, v128.load(kept, 48));
        }
      }
      const place = <usize>f * frame + <usize>c * row;
      spread(f32x4.mul(weight, v128.load(sums)), hops, power + place, stride);
      spread(f32x4.mul(weight, v128.load(sums, 16)), hops, power + place + kind, stride);
      spread(f32x4.mul(weight, v128.load(sums, 32)), hops, product + place, stride);
      for (let k: usize = 0; k < 8; k++) {
        const part = f32x4.mul(weight, v128.load(sums + 48 + 16 * k));
        spread(part, hops, inPhase + place + k * kind, stride);
      }
      for (let stem: usize = 0; stem < 4; stem++) {
        const energy = f32x4.mul(weight, v128.load(sums + 16 * (11 + stem)));
        const low = <f64>f32x4.extract_lane(energy, 0) + <f64>f32x4.extract_lane(energy, 1);
        const high = <f64>f32x4.extract_lane(energy, 2) + <f64>f32x4.extract_lane(energy, 3);
        const to = energies + 8 * stem;
        store<f64>(to, load<f64>(to) + low + high);
      }
    }
  }
}
