/**
 * From the spectrum of a slice to the coefficients of one bin and back (model: forward and inverse sliCQT).
 *
 * z is the FFT (length L, lanes = slices) of channel 0 + i·channel 1; the channels separate by symmetry:
 *   X0[f] = (Z[f] + conj Z[−f])/2,   X1[f] = (Z[f] − conj Z[−f])/(2i).
 */
import { fft } from "./fft";

/**
 * c_a[n] = Σ_i table[i]·2X_a[(position + off(i)) mod L]·e^{2πi·i·n/M} for both channels a.
 * table holds the window with every real factor (σ_k/(2M) for the forward transform).
 * work: 64·M bytes and more. c1 = 0: no second channel.
 */
export function analyseBin(
  plan: usize, z: usize, length: i32, position: i32, coefs: i32, table: usize, work: usize, c0: usize, c1: usize,
): void {
  const half = coefs >> 1;
  const scratch = work + <usize>coefs * 64;
  const second = work + <usize>coefs * 32;
  for (let i = 0; i < coefs; i++) {
    let f = position + (i < half ? i : i - coefs);
    if (f < 0) f += length;
    else if (f >= length) f -= length;
    const a = z + <usize>f * 32;
    const b = z + <usize>(f == 0 ? 0 : length - f) * 32;
    const ar = v128.load(a);
    const ai = v128.load(a, 16);
    const br = v128.load(b);
    const bi = v128.load(b, 16);
    const g = v128.load32_splat(table + <usize>i * 4);
    // An inverse FFT is a forward FFT of the index-reversed sequence.
    const slot = <usize>(i == 0 ? 0 : coefs - i) * 32;
    v128.store(work + slot, f32x4.mul(g, f32x4.add(ar, br)));
    v128.store(work + slot, f32x4.mul(g, f32x4.sub(ai, bi)), 16);
    v128.store(second + slot, f32x4.mul(g, f32x4.add(ai, bi)));
    v128.store(second + slot, f32x4.mul(g, f32x4.sub(br, ar)), 16);
  }
  fft(plan, work, scratch, c0);
  if (c1 != 0) fft(plan, second, scratch, c1);
}

/**
 * Adds a bin to the index-reversed spectrum z of y0 + i·y1: with Q_a = table·FFT_M(c_a),
 *   Z[f] += Q0 + iQ1,   Z[−f] += conj Q0 + i conj Q1   at f = position + off(i).
 * table holds the dual window with every real factor. work: 96·M bytes. c1 = 0: no second channel.
 */
export function synthesiseBin(
  plan: usize, c0: usize, c1: usize, length: i32, position: i32, coefs: i32, table: usize, work: usize, z: usize,
): void {
  const half = coefs >> 1;
  const scratch = work + <usize>coefs * 64;
  const second = work + <usize>coefs * 32;
  fft(plan, c0, scratch, work);
  if (c1 != 0) fft(plan, c1, scratch, second);
  else memory.fill(second, 0, <usize>coefs * 32);
  for (let i = 0; i < coefs; i++) {
    let f = position + (i < half ? i : i - coefs);
    if (f < 0) f += length;
    else if (f >= length) f -= length;
    const direct = z + <usize>(f == 0 ? 0 : length - f) * 32;
    const mirror = z + <usize>f * 32;
    const g = v128.load32_splat(table + <usize>i * 4);
    const from = <usize>i * 32;
    const pr = f32x4.mul(g, v128.load(work + from));
    const pi = f32x4.mul(g, v128.load(work + from, 16));
    const qr = f32x4.mul(g, v128.load(second + from));
    const qi = f32x4.mul(g, v128.load(second + from, 16));
    v128.store(direct, f32x4.add(v128.load(direct), f32x4.sub(pr, qi)));
    v128.store(direct, f32x4.add(v128.load(direct, 16), f32x4.add(pi, qr)), 16);
    v128.store(mirror, f32x4.add(v128.load(mirror), f32x4.add(pr, qi)));
    v128.store(mirror, f32x4.add(v128.load(mirror, 16), f32x4.sub(qr, pi)), 16);
  }
}
