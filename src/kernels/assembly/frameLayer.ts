/**
 * A convolution over few frames, as a live network computes it frame by frame: its weights lie as the outputs need them, and
 * nothing is gathered or packed on the way.
 *
 * Inputs lie [frame, bin, channel], the channels of a bin side by side, so that all a kernel sees of one frame is one run of
 * floats. Weights: for each 16 outputs (the rest by 4) [tap, run, outputs].
 */

// @ts-ignore: decorator
@inline
function store2(a: v128, b: v128, to0: usize, to1: usize, floor: v128, offset: usize): void {
  v128.store(to0 + offset, f32x4.max(a, floor));
  v128.store(to1 + offset, f32x4.max(b, floor));
}

/** Four outputs of two columns. */
function four(
  in0: usize, in1: usize, inFrame: usize, taps: i32, run: usize, weights: usize, bias: v128, floor: v128,
  to0: usize, to1: usize,
): void {
  let a = bias;
  let b = bias;
  let w = weights;
  for (let tap = 0; tap < taps; tap++) {
    const end = in0 + run;
    for (let p = in0, q = in1; p < end; p += 4, q += 4, w += 16) {
      const w0 = v128.load(w);
      a = f32x4.add(a, f32x4.mul(w0, v128.load32_splat(p)));
      b = f32x4.add(b, f32x4.mul(w0, v128.load32_splat(q)));
    }
    in0 += inFrame;
    in1 += inFrame;
  }
  store2(a, b, to0, to1, floor, 0);
}

/** Sixteen outputs of two columns. */
function sixteen(
  in0: usize, in1: usize, inFrame: usize, taps: i32, run: usize, weights: usize, bias: usize, floor: v128,
  to0: usize, to1: usize,
): void {
  let a0 = v128.load(bias);
  let a1 = v128.load(bias, 16);
  let a2 = v128.load(bias, 32);
  let a3 = v128.load(bias, 48);
  let b0 = a0;
  let b1 = a1;
  let b2 = a2;
  let b3 = a3;
  let w = weights;
  for (let tap = 0; tap < taps; tap++) {
    const end = in0 + run;
    for (let p = in0, q = in1; p < end; p += 4, q += 4, w += 64) {
      const x = v128.load32_splat(p);
      const y = v128.load32_splat(q);
      const w0 = v128.load(w);
      const w1 = v128.load(w, 16);
      const w2 = v128.load(w, 32);
      const w3 = v128.load(w, 48);
      a0 = f32x4.add(a0, f32x4.mul(w0, x));
      b0 = f32x4.add(b0, f32x4.mul(w0, y));
      a1 = f32x4.add(a1, f32x4.mul(w1, x));
      b1 = f32x4.add(b1, f32x4.mul(w1, y));
      a2 = f32x4.add(a2, f32x4.mul(w2, x));
      b2 = f32x4.add(b2, f32x4.mul(w2, y));
      a3 = f32x4.add(a3, f32x4.mul(w3, x));
      b3 = f32x4.add(b3, f32x4.mul(w3, y));
    }
    in0 += inFrame;
    in1 += inFrame;
  }
  store2(a0, b0, to0, to1, floor, 0);
  store2(a1, b1, to0, to1, floor, 16);
  store2(a2, b2, to0, to1, floor, 32);
  store2(a3, b3, to0, to1, floor, 48);
}

/**
 * out[frame, bin, o] = max(floor, bias[o] + sum over taps t and i < run of weights[o, t, i]·in[frame + t, bin, i]).
 * `run`: floats that a column sees of a frame. `outputs`: a multiple of 4. Strides in bytes.
 */
export function frameLayer(
  input: usize, inFrame: usize, inBin: usize, taps: i32, run: i32, weights: usize, bias: usize, floor: f32,
  out: usize, outFrame: usize, outBin: usize, outputs: i32, bins: i32, frames: i32,
): void {
  const columns = bins * frames;
  const runBytes = <usize>run * 4;
  const least = f32x4.splat(floor);
  let w = weights;
  let o: usize = 0;
  for (let left = outputs; left > 0; ) {
    const count = left >= 16 ? 16 : 4;
    for (let column = 0; column < columns; column += 2) {
      // The last of an odd number is computed twice.
      const other = min(column + 1, columns - 1);
      const f0 = <usize>(column / bins);
      const b0 = <usize>(column % bins);
      const f1 = <usize>(other / bins);
      const b1 = <usize>(other % bins);
      const in0 = input + f0 * inFrame + b0 * inBin;
      const in1 = input + f1 * inFrame + b1 * inBin;
      const to0 = out + f0 * outFrame + b0 * outBin + o;
      const to1 = out + f1 * outFrame + b1 * outBin + o;
      if (count == 16) {
        sixteen(in0, in1, inFrame, taps, runBytes, w, bias + o, least, to0, to1);
      } else {
        four(in0, in1, inFrame, taps, runBytes, w, v128.load(bias + o), least, to0, to1);
      }
    }
    w += <usize>(count * taps) * runBytes;
    o += <usize>count * 4;
    left -= count;
  }
}

/** 2^(x/ln 2) for |x| ≤ 87, to 2 units in the last place: x = n·ln 2 + r, e^r by its series, the exponent by hand. */
// @ts-ignore: decorator
@inline
function exponential(x: v128): v128 {
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.44269504)));
  // ln 2 in two parts, so that r keeps its last digits.
  const high = f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375)));
  const r = f32x4.add(high, f32x4.mul(n, f32x4.splat(2.12194440e-4)));
  let sum = f32x4.splat(1.0 / 5040.0);
  sum = f32x4.add(f32x4.mul(sum, r), f32x4.splat(1.0 / 720.0));
  sum = f32x4.add(f32x4.mul(sum, r), f32x4.splat(1.0 / 120.0));
  sum = f32x4.add(f32x4.mul(sum, r), f32x4.splat(1.0 / 24.0));
  sum = f32x4.add(f32x4.mul(sum, r), f32x4.splat(1.0 / 6.0));
  sum = f32x4.add(f32x4.mul(sum, r), f32x4.splat(0.5));
  sum = f32x4.add(f32x4.mul(sum, r), f32x4.splat(1.0));
  sum = f32x4.add(f32x4.mul(sum, r), f32x4.splat(1.0));
  const exponent = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return f32x4.mul(sum, exponent);
}

/** Sigmoids of `rows` floats, each to a place `stride` bytes after the one before. */
export function frameMasks(input: usize, rows: i32, out: usize, stride: usize): void {
  const one = f32x4.splat(1.0);
  const limit = f32x4.splat(80.0);
  for (let row = 0; row < rows; row += 4, input += 16, out += 4 * stride) {
    const x = f32x4.max(f32x4.min(v128.load(input), limit), f32x4.neg(limit));
    const y = f32x4.div(one, f32x4.add(one, exponential(f32x4.neg(x))));
    store<f32>(out, f32x4.extract_lane(y, 0));
    if (row + 1 < rows) store<f32>(out + stride, f32x4.extract_lane(y, 1));
    if (row + 2 < rows) store<f32>(out + 2 * stride, f32x4.extract_lane(y, 2));
    if (row + 3 < rows) store<f32>(out + 3 * stride, f32x4.extract_lane(y, 3));
  }
}

/**
 * Frames of a live network's input, [frame, bin, channel·H + τ]: coefficient n of lane `lane` goes to frame ⌊(n − advance)/H⌋
 * after the lane's own, place τ = (n − advance) mod H, as (gain·|c[n]| + mean)·scale. `out`: the place of the lane's frame.
 */
export function columnMagnitudes(
  c: usize, lane: i32, half: i32, gain: f32, mean: f32, scale: f32, advance: i32, out: usize, outFrame: usize,
): void {
  let from = c + <usize>lane * 4;
  for (let n = 0; n < 2 * half; n++, from += 32) {
    const re = load<f32>(from);
    const im = load<f32>(from, 16);
    const value = (gain * sqrt<f32>(re * re + im * im) + mean) * scale;
    let place = n - advance;
    let frame = out;
    if (place < 0) {
      place += half;
      frame -= outFrame;
    } else if (place >= half) {
      place -= half;
      frame += outFrame;
    }
    store<f32>(frame + <usize>place * 4, value);
  }
}
