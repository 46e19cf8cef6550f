/**
 * The inner products of a polyphase resampler, a whole block of one channel per call.
 *
 * Output i lies at the rational input time first + (remainder + i·(whole·phases + part))/phases, in samples of
 * `input`; its value is Σ_k row[k]·input[floor(time) + k], where row belongs to the fraction of that time.
 * rows == phases: the table has one row per fraction. rows < phases: rows + 1 rows at the fractions
 * 0, 1/rows … 1, between which the result is interpolated linearly. tapsPerRow is a multiple of 16.
 */

// @ts-ignore: decorator
@inline
function dot(x: usize, row: usize, bytes: usize): f32 {
  let a = f32x4.splat(0);
  let b = f32x4.splat(0);
  let c = f32x4.splat(0);
  let d = f32x4.splat(0);
  for (let k: usize = 0; k < bytes; k += 64) {
    a = f32x4.add(a, f32x4.mul(v128.load(x + k), v128.load(row + k)));
    b = f32x4.add(b, f32x4.mul(v128.load(x + k, 16), v128.load(row + k, 16)));
    c = f32x4.add(c, f32x4.mul(v128.load(x + k, 32), v128.load(row + k, 32)));
    d = f32x4.add(d, f32x4.mul(v128.load(x + k, 48), v128.load(row + k, 48)));
  }
  const s = f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
  return (f32x4.extract_lane(s, 0) + f32x4.extract_lane(s, 1)) +
    (f32x4.extract_lane(s, 2) + f32x4.extract_lane(s, 3));
}

export function polyphase(
  input: usize, table: usize, tapsPerRow: i32, rows: i32, phases: i32, whole: i32, part: i32,
  first: i32, remainder: i32, output: usize, count: i32,
): void {
  const bytes = <usize>tapsPerRow * 4;
  let x = input + <usize>first * 4;
  const end = output + <usize>count * 4;
  for (; output < end; output += 4) {
    if (rows == phases) {
      store<f32>(output, dot(x, table + <usize>remainder * bytes, bytes));
    } else {
      const scaled = <i64>remainder * rows;
      const index = <i32>(scaled / phases);
      const weight = <f32>(<f64>(scaled - <i64>index * phases) / <f64>phases);
      const row = table + <usize>index * bytes;
      const low = dot(x, row, bytes);
      store<f32>(output, low + weight * (dot(x, row + bytes, bytes) - low));
    }
    remainder += part;
    x += <usize>whole * 4;
    if (remainder >= phases) {
      remainder -= phases;
      x += 4;
    }
  }
}
