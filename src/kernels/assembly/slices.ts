/**
 * Samples to lanes and back: four slices of a channel pair side by side.
 *
 * Lane l holds slice s+l; channel 0 is the real part, channel 1 the imaginary part, so that one complex
 * FFT of length L transforms both channels.
 */

// @ts-ignore: decorator
@inline
function low(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 0, 4, 1, 5);
}

// @ts-ignore: decorator
@inline
function high(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(a, b, 2, 6, 3, 7);
}

/** Writes one part (re or im) of z: z[n] lane l = window[n]·x[n + l·hop], first ≤ n < last. */
function loadChannel(x: usize, window: usize, first: i32, last: i32, hop: i32, z: usize): void {
  const step = <usize>hop * 4;
  for (let n = first; n < last; n += 4) {
    const from = x + <usize>n * 4;
    const w = v128.load(window + <usize>n * 4);
    const a = f32x4.mul(w, v128.load(from));
    const b = f32x4.mul(w, v128.load(from + step));
    const c = f32x4.mul(w, v128.load(from + 2 * step));
    const d = f32x4.mul(w, v128.load(from + 3 * step));
    const ac0 = low(a, c);
    const bd0 = low(b, d);
    const ac1 = high(a, c);
    const bd1 = high(b, d);
    const to = z + <usize>n * 32;
    v128.store(to, low(ac0, bd0));
    v128.store(to, high(ac0, bd0), 32);
    v128.store(to, low(ac1, bd1), 64);
    v128.store(to, high(ac1, bd1), 96);
  }
}

/**
 * z[n] = window[n]·(x0[n + l·hop] + i·x1[n + l·hop]) for n < length, zero outside first ≤ n < last.
 * x1 = 0: no second channel. window, x0 and x1 are readable, z writable, up to 3 elements beyond `last`.
 */
export function loadSlices(
  x0: usize, x1: usize, window: usize, length: i32, first: i32, last: i32, hop: i32, z: usize,
): void {
  if (x1 == 0) memory.fill(z, 0, <usize>length * 32);
  loadChannel(x0, window, first, last, hop, z);
  if (x1 != 0) loadChannel(x1, window, first, last, hop, z + 16);
  memory.fill(z, 0, <usize>first * 32);
  if (last < length) memory.fill(z + <usize>last * 32, 0, <usize>(length - last) * 32);
}

/** y[n + l·hop] += one part of z[n], lane l < slices. length is a multiple of 4. */
function addChannel(z: usize, length: i32, hop: i32, slices: i32, y: usize): void {
  const step = <usize>hop * 4;
  for (let n = 0; n < length; n += 4) {
    const from = z + <usize>n * 32;
    const a = v128.load(from);
    const b = v128.load(from, 32);
    const c = v128.load(from, 64);
    const d = v128.load(from, 96);
    const ac0 = low(a, c);
    const bd0 = low(b, d);
    const ac1 = high(a, c);
    const bd1 = high(b, d);
    let to = y + <usize>n * 4;
    v128.store(to, f32x4.add(v128.load(to), low(ac0, bd0)));
    if (slices > 1) {
      to += step;
      v128.store(to, f32x4.add(v128.load(to), high(ac0, bd0)));
    }
    if (slices > 2) {
      to += step;
      v128.store(to, f32x4.add(v128.load(to), low(ac1, bd1)));
    }
    if (slices > 3) {
      to += step;
      v128.store(to, f32x4.add(v128.load(to), high(ac1, bd1)));
    }
  }
}

/** Overlap-add of up to four slices: y0[n + l·hop] += Re z[n], y1[…] += Im z[n]. y1 = 0: no second channel. */
export function overlapAdd(z: usize, length: i32, hop: i32, slices: i32, y0: usize, y1: usize): void {
  addChannel(z, length, hop, slices, y0);
  if (y1 != 0) addChannel(z + 16, length, hop, slices, y1);
}
