/**
 * Spectra of up to four frames of a stereo signal: between the lanes of the FFT and planar rows.
 *
 * In lanes: z[k] of each frame is the spectrum of left + i·right. Planar: a frame is four rows of length/2 + 1 floats, re
 * and im of the left channel, then of the right; frames follow each other.
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

/** Four values of a bin of every frame, one after the other in `work`: re and im, left and right. */
// @ts-ignore: decorator
@inline
function split(z: usize, bin: i32, length: i32, work: usize): void {
  const half = f32x4.splat(0.5);
  const k = z + <usize>bin * 32;
  const m = z + <usize>(bin == 0 ? 0 : length - bin) * 32;
  const kr = v128.load(k);
  const ki = v128.load(k, 16);
  const mr = v128.load(m);
  const mi = v128.load(m, 16);
  v128.store(work, f32x4.mul(half, f32x4.add(kr, mr)));
  v128.store(work, f32x4.mul(half, f32x4.sub(ki, mi)), 64);
  v128.store(work, f32x4.mul(half, f32x4.add(ki, mi)), 128);
  v128.store(work, f32x4.mul(half, f32x4.sub(mr, kr)), 192);
}

/** From lanes to planar rows of the first `count` frames. work: 256 bytes. */
export function splitFrames(z: usize, length: i32, count: i32, work: usize, spectra: usize): void {
  const bins = length / 2 + 1;
  const row = <usize>bins * 4;
  let bin = 0;
  for (; bin + 4 <= bins; bin += 4) {
    for (let b = 0; b < 4; b++) split(z, bin + b, length, work + <usize>b * 16);
    for (let part = 0; part < 4; part++) {
      const from = work + <usize>part * 64;
      const a = v128.load(from);
      const b = v128.load(from, 16);
      const c = v128.load(from, 32);
      const d = v128.load(from, 48);
      const ac0 = low(a, c);
      const bd0 = low(b, d);
      const ac1 = high(a, c);
      const bd1 = high(b, d);
      let to = spectra + <usize>part * row + <usize>bin * 4;
      v128.store(to, low(ac0, bd0));
      to += 4 * row;
      if (count > 1) v128.store(to, high(ac0, bd0));
      to += 4 * row;
      if (count > 2) v128.store(to, low(ac1, bd1));
      to += 4 * row;
      if (count > 3) v128.store(to, high(ac1, bd1));
    }
  }
  for (; bin < bins; bin++) {
    split(z, bin, length, work);
    for (let frame = 0; frame < count; frame++) {
      const to = spectra + <usize>frame * 4 * row + <usize>bin * 4;
      for (let part = 0; part < 4; part++) {
        store<f32>(to + <usize>part * row, load<f32>(work + <usize>part * 64 + <usize>frame * 4));
      }
    }
  }
}

/** Values of a bin of every frame into z, reversed, so that the forward FFT is the inverse one. */
// @ts-ignore: decorator
@inline
function join(lr: v128, li: v128, rr: v128, ri: v128, bin: i32, length: i32, z: usize): void {
  const k = z + <usize>(bin == 0 ? 0 : length - bin) * 32;
  const m = z + <usize>bin * 32;
  v128.store(k, f32x4.sub(lr, ri));
  v128.store(k, f32x4.add(li, rr), 16);
  v128.store(m, f32x4.add(lr, ri));
  v128.store(m, f32x4.sub(rr, li), 16);
}

/** Four bins of four frames of one part, as four vectors of frames in `work`. Frames from `count` on are the first again. */
// @ts-ignore: decorator
@inline
function gather(from: usize, step: usize, count: i32, work: usize): void {
  const a = v128.load(from);
  const b = v128.load(count > 1 ? from + step : from);
  const c = v128.load(count > 2 ? from + 2 * step : from);
  const d = v128.load(count > 3 ? from + 3 * step : from);
  const ac0 = low(a, c);
  const bd0 = low(b, d);
  const ac1 = high(a, c);
  const bd1 = high(b, d);
  v128.store(work, low(ac0, bd0));
  v128.store(work, high(ac0, bd0), 16);
  v128.store(work, low(ac1, bd1), 32);
  v128.store(work, high(ac1, bd1), 48);
}

/**
 * From planar rows of `count` frames to lanes; what the lanes beyond hold means nothing. Of bins 0 and length/2 only real parts
 * count. Reads up to three floats beyond the last row. work: 256 bytes.
 */
export function joinFrames(spectra: usize, count: i32, length: i32, work: usize, z: usize): void {
  const bins = length / 2 + 1;
  const row = <usize>bins * 4;
  const zero = f32x4.splat(0);
  for (let bin = 0; bin < bins; bin += 4) {
    for (let part = 0; part < 4; part++) {
      gather(spectra + <usize>part * row + <usize>bin * 4, 4 * row, count, work + <usize>part * 64);
    }
    const end = min(4, bins - bin);
    for (let b = 0; b < end; b++) {
      const from = work + <usize>b * 16;
      const isReal = bin + b == 0 || bin + b == bins - 1;
      const li = isReal ? zero : v128.load(from, 64);
      const ri = isReal ? zero : v128.load(from, 192);
      join(v128.load(from), li, v128.load(from, 128), ri, bin + b, length, z);
    }
  }
}

/** z[n] times weights[n], all lanes. */
export function weighLanes(z: usize, weights: usize, length: i32): void {
  for (let n = 0; n < length; n++) {
    const w = v128.load32_splat(weights + <usize>n * 4);
    const at = z + <usize>n * 32;
    v128.store(at, f32x4.mul(w, v128.load(at)));
    v128.store(at, f32x4.mul(w, v128.load(at, 16)), 16);
  }
}

/** √(re² + im²) of four bins from `from` on, im a row further. */
// @ts-ignore: decorator
@inline
function absolute(from: usize, row: usize): v128 {
  const re = v128.load(from);
  const im = v128.load(from + row);
  return f32x4.sqrt(f32x4.add(f32x4.mul(re, re), f32x4.mul(im, im)));
}

/**
 * Magnitudes of the lower `seen` bins of planar frames: out [frames, channels, seen], of both channels, or for one channel their
 * mean. Reads and writes up to three floats beyond.
 */
export function planarMagnitudes(spectra: usize, frames: i32, bins: i32, channels: i32, seen: i32, out: usize): void {
  const row = <usize>bins * 4;
  const half = f32x4.splat(0.5);
  for (let frame = 0; frame < frames; frame++) {
    const left = spectra + <usize>frame * 4 * row;
    const right = left + 2 * row;
    const to = out + <usize>(frame * channels * seen) * 4;
    if (channels == 2) {
      // In this order, so that what is written beyond is written over.
      for (let bin = 0; bin < seen; bin += 4) v128.store(to + <usize>bin * 4, absolute(left + <usize>bin * 4, row));
      for (let bin = 0; bin < seen; bin += 4) {
        v128.store(to + <usize>(seen + bin) * 4, absolute(right + <usize>bin * 4, row));
      }
    } else {
      for (let bin = 0; bin < seen; bin += 4) {
        const at = <usize>bin * 4;
        const sum = f32x4.add(absolute(left + at, row), absolute(right + at, row));
        v128.store(to + at, f32x4.mul(half, sum));
      }
    }
  }
}

/** The largest re² + im² of planar frames. */
export function planarPeak(spectra: usize, frames: i32, bins: i32): f64 {
  const row = <usize>bins * 4;
  let most = f32x4.splat(0);
  let tail: f32 = 0;
  for (let channel = 0; channel < 2 * frames; channel++) {
    const from = spectra + <usize>channel * 2 * row;
    let bin = 0;
    for (; bin + 4 <= bins; bin += 4) {
      const re = v128.load(from + <usize>bin * 4);
      const im = v128.load(from + row + <usize>bin * 4);
      most = f32x4.max(most, f32x4.add(f32x4.mul(re, re), f32x4.mul(im, im)));
    }
    for (; bin < bins; bin++) {
      const re = load<f32>(from + <usize>bin * 4);
      const im = load<f32>(from + row + <usize>bin * 4);
      tail = max(tail, re * re + im * im);
    }
  }
  const a = max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1));
  const b = max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3));
  return <f64>max(tail, max(a, b));
}
