/**
 * Numbers in another order: out[Σ i_a·to_a] = in[Σ i_a·from_a], where in holds singles or binary16.
 *
 * `axes`: for each axis, outermost first, its size and its steps `from` and `to` in numbers (int32). `in` points at the number
 * of which all i_a are 0.
 */

/** The single that equals a binary16; NaNs keep their payload. */
// @ts-ignore: decorator
@inline
function widened(half: u32): u32 {
  const magnitude = (half & 0x7fff) << 13;
  // Exact for subnormals too: the exponents' biases differ by 112.
  const finite = reinterpret<u32>(reinterpret<f32>(magnitude) * reinterpret<f32>(<u32>0x77800000));
  const bits = (half & 0x7c00) == 0x7c00 ? magnitude | 0x7f800000 : finite;
  return bits | ((half & 0x8000) << 16);
}

function row(from: usize, isHalf: i32, to: usize, size: i32, step: i32, width: i32): void {
  if (isHalf) {
    for (let i = 0; i < size; i++, from += 2 * step, to += 4 * width) {
      store<u32>(to, widened(load<u16>(from)));
    }
  } else {
    for (let i = 0; i < size; i++, from += 4 * step, to += 4 * width) {
      store<u32>(to, load<u32>(from));
    }
  }
}

export function rearrange(from: usize, isHalf: i32, to: usize, axes: usize, count: i32): void {
  const size = load<i32>(axes);
  const step = load<i32>(axes, 4);
  const width = load<i32>(axes, 8);
  if (count == 1) {
    row(from, isHalf, to, size, step, width);
    return;
  }
  const bytes = isHalf ? 2 : 4;
  for (let i = 0; i < size; i++, from += bytes * step, to += 4 * width) {
    rearrange(from, isHalf, to, axes + 12, count - 1);
  }
}
