/**
 * A convolution over few frames, as a live network computes it frame by frame: its weights lie as the outputs need them, and
 * nothing is gathered or packed on the way.
 *
 * Inputs lie [frame, bin, channel], the channels of a bin side by side, so that all a kernel sees of one frame is one run of
 * floats. Weights: for each 16 outputs (of the rest 8, then 4) [tap, run, outputs].
 */
import { exponential } from "./exponential";

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

/** Eight outputs of two columns. */
function eight(
  in0: usize, in1: usize, inFrame: usize, taps: i32, run: usize, weights: usize, bias: usize, floor: v128,
  to0: usize, to1: usize,
): void {
  let a0 = v128.load(bias);
  let a1 = v128.load(bias, 16);
  let b0 = a0;
  let b1 = a1;
  let w = weights;
  for (let tap = 0; tap < taps; tap++) {
    const end = in0 + run;
    for (let p = in0, q = in1; p < end; p += 4, q += 4, w += 32) {
      const x = v128.load32_splat(p);
      const y = v128.load32_splat(q);
      const w0 = v128.load(w);
      const w1 = v128.load(w, 16);
      a0 = f32x4.add(a0, f32x4.mul(w0, x));
      b0 = f32x4.add(b0, f32x4.mul(w0, y));
      a1 = f32x4.add(a1, f32x4.mul(w1, x));
      b1 = f32x4.add(b1, f32x4.mul(w1, y));
    }
    in0 += inFrame;
    in1 += inFrame;
  }
  store2(a0, b0, to0, to1, floor, 0);
  store2(a1, b1, to0, to1, floor, 16);
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

/** Numbers of a layer's fields, 4 bytes each: where a convolution's weights lie, its sizes, and its steps in bytes. */
const WEIGHTS: usize = 0;
const BIAS: usize = 4;
const TAPS: usize = 8;
/** Floats that a column sees of a frame. */
const RUN: usize = 12;
/** A multiple of 4. */
const OUTPUTS: usize = 16;
const BINS: usize = 20;
/** Convolutions side by side, each with weights, inputs and outputs of its own. */
const PARTS: usize = 24;
const IN_FRAME: usize = 28;
const IN_BIN: usize = 32;
const IN_PART: usize = 36;
const OUT_FRAME: usize = 40;
const OUT_BIN: usize = 44;
const OUT_PART: usize = 48;

/**
 * out[frame, part, bin, o] = max(floor, bias[part, o] + sum over taps t and i < run of
 * weights[part, o, t, i]·in[frame + t, part, bin, i]).
 */
export function frameLayer(layer: usize, input: usize, out: usize, frames: i32, floor: f32): void {
  const taps = load<i32>(layer, TAPS);
  const run = <usize>load<i32>(layer, RUN) * 4;
  const outputs = load<i32>(layer, OUTPUTS);
  const bins = load<i32>(layer, BINS);
  const parts = load<i32>(layer, PARTS);
  const inFrame = <usize>load<u32>(layer, IN_FRAME);
  const inBin = <usize>load<u32>(layer, IN_BIN);
  const inPart = <usize>load<u32>(layer, IN_PART);
  const outFrame = <usize>load<u32>(layer, OUT_FRAME);
  const outBin = <usize>load<u32>(layer, OUT_BIN);
  const outPart = <usize>load<u32>(layer, OUT_PART);
  const columns = bins * frames;
  const least = f32x4.splat(floor);
  let w = <usize>load<u32>(layer, WEIGHTS);
  let bias = <usize>load<u32>(layer, BIAS);
  for (let part = 0; part < parts; part++, input += inPart, out += outPart) {
    let to = out;
    for (let left = outputs; left > 0; ) {
      const count = left >= 16 ? 16 : left >= 8 ? 8 : 4;
      for (let column = 0; column < columns; column += 2) {
        // The last of an odd number is computed twice.
        const other = min(column + 1, columns - 1);
        const f0 = <usize>(column / bins);
        const b0 = <usize>(column % bins);
        const f1 = <usize>(other / bins);
        const b1 = <usize>(other % bins);
        const in0 = input + f0 * inFrame + b0 * inBin;
        const in1 = input + f1 * inFrame + b1 * inBin;
        const to0 = to + f0 * outFrame + b0 * outBin;
        const to1 = to + f1 * outFrame + b1 * outBin;
        if (count == 16) {
          sixteen(in0, in1, inFrame, taps, run, w, bias, least, to0, to1);
        } else if (count == 8) {
          eight(in0, in1, inFrame, taps, run, w, bias, least, to0, to1);
        } else {
          four(in0, in1, inFrame, taps, run, w, v128.load(bias), least, to0, to1);
        }
      }
      w += <usize>(count * taps) * run;
      bias += <usize>count * 4;
      to += <usize>count * 4;
      left -= count;
    }
  }
}

/** Sigmoids of `rows` floats, each to a place `stride` bytes after the one before. */
// @ts-ignore: decorator
@inline
function masksOfColumn(input: usize, rows: i32, out: usize, stride: usize): void {
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
 * Sigmoids of what a layer gave of `frames` frames from `input` on, as masks: part, output, bin and frame of [frame, part,
 * bin, output] go to [part, output, bin, frame].
 */
export function frameMasks(layer: usize, input: usize, rows: i32, frames: i32, out: usize): void {
  const bins = load<i32>(layer, BINS);
  const parts = load<i32>(layer, PARTS);
  const frameBytes = <usize>load<u32>(layer, OUT_FRAME);
  const binBytes = <usize>load<u32>(layer, OUT_BIN);
  const partBytes = <usize>load<u32>(layer, OUT_PART);
  const stride = <usize>(bins * frames) * 4;
  for (let part = 0; part < parts; part++) {
    for (let f = 0; f < bins; f++) {
      const from = input + <usize>part * partBytes + <usize>f * binBytes;
      const to = out + <usize>(part * rows) * stride + <usize>(f * frames) * 4;
      for (let p = 0; p < frames; p++) {
        masksOfColumn(from + <usize>p * frameBytes, rows, to + <usize>p * 4, stride);
      }
    }
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
