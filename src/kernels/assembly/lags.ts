/**
 * Correlations by blocks: four blocks of two signals at a time as four lanes of complex numbers (see fft.ts), so that
 * one transform serves both signals.
 */

/** One value of a signal, 0 outside of 0 … count. */
// @ts-ignore: decorator
@inline
function value(x: usize, at: i32, count: i32, scale: f32): f32 {
  return at >= 0 && at < count ? load<f32>(x + (<usize>at << 2)) * scale : 0;
}

/** Four samples of four blocks, `hop` bytes apart, to one half of four elements. */
// @ts-ignore: decorator
@inline
function gather4(x: usize, hop: usize, scale: v128, to: usize): void {
  const a = f32x4.mul(scale, v128.load(x)), b = f32x4.mul(scale, v128.load(x + hop));
  const c = f32x4.mul(scale, v128.load(x + 2 * hop)), d = f32x4.mul(scale, v128.load(x + 3 * hop));
  const p = v128.shuffle<f32>(a, b, 0, 4, 1, 5), q = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const r = v128.shuffle<f32>(c, d, 0, 4, 1, 5), s = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(p, r, 0, 1, 4, 5));
  v128.store(to, v128.shuffle<f32>(p, r, 2, 3, 6, 7), 32);
  v128.store(to, v128.shuffle<f32>(q, s, 0, 1, 4, 5), 64);
  v128.store(to, v128.shuffle<f32>(q, s, 2, 3, 6, 7), 96);
}

/**
 * Element i of lane j is a[from + j·hop + i] + i·b[…], scaled, for i < length; zeros follow up to n.
 * a, b: `count` floats, zero elsewhere.
 */
export function gatherBlocks(
  a: usize, b: usize, count: i32, from: i32, hop: i32, length: i32, n: i32, scaleA: f64, scaleB: f64, out: usize,
): void {
  // Where all four lanes lie within the signal.
  const low = max(0, -from);
  const high = min(length, count - from - 3 * hop);
  const bytes = <usize>hop << 2;
  const sa = <f32>scaleA, sb = <f32>scaleB;
  for (let i: i32 = 0; i < length;) {
    const to = out + (<usize>i << 5);
    if (i >= low && i + 4 <= high) {
      const at = <usize>(from + i) << 2;
      gather4(a + at, bytes, f32x4.splat(sa), to);
      gather4(b + at, bytes, f32x4.splat(sb), to + 16);
      i += 4;
    } else {
      for (let j: i32 = 0; j < 4; j++) {
        store<f32>(to + (<usize>j << 2), value(a, from + j * hop + i, count, sa));
        store<f32>(to + (<usize>j << 2), value(b, from + j * hop + i, count, sb), 16);
      }
      i++;
    }
  }
  memory.fill(out + (<usize>length << 5), 0, <usize>(n - length) << 5);
}

/**
 * From spectra P and R of such pairs: adds 4·conj(A_P)·A_R and 4·conj(B_P)·B_R to sums of n/2 + 1 elements each, one
 * after the other.
 */
export function addBlockProducts(p: usize, r: usize, n: i32, sums: usize): void {
  const second = <usize>(n / 2 + 1) << 5;
  for (let k: i32 = 0; k <= n / 2; k++) {
    const here = <usize>k << 5;
    const mate = <usize>((n - k) % n) << 5;
    const pr = v128.load(p + here), pi = v128.load(p + here, 16);
    const qr = v128.load(p + mate), qi = v128.load(p + mate, 16);
    const rr = v128.load(r + here), ri = v128.load(r + here, 16);
    const tr = v128.load(r + mate), ti = v128.load(r + mate, 16);
    const ar = f32x4.add(pr, qr), ai = f32x4.sub(pi, qi);
    const br = f32x4.add(pi, qi), bi = f32x4.sub(qr, pr);
    const cr = f32x4.add(rr, tr), ci = f32x4.sub(ri, ti);
    const dr = f32x4.add(ri, ti), di = f32x4.sub(tr, rr);
    const to = sums + here;
    v128.store(to, f32x4.add(v128.load(to), f32x4.add(f32x4.mul(ar, cr), f32x4.mul(ai, ci))));
    v128.store(to, f32x4.add(v128.load(to, 16), f32x4.sub(f32x4.mul(ar, ci), f32x4.mul(ai, cr))), 16);
    const too = to + second;
    v128.store(too, f32x4.add(v128.load(too), f32x4.add(f32x4.mul(br, dr), f32x4.mul(bi, di))));
    v128.store(too, f32x4.add(v128.load(too, 16), f32x4.sub(f32x4.mul(br, di), f32x4.mul(bi, dr))), 16);
  }
}
