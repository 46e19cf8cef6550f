/**
 * Forward complex FFT of any length, four transforms side by side in the lanes of a v128.
 *
 * Lane layout: element e lies at base + 32·e, real parts of the four transforms first (16 bytes),
 * then the imaginary parts. Stockham autosort, decimation in frequency, mixed radix: at a stage of
 * radix r with n = r·m points left and stride s,
 *   y[q + s(r·p + k)] = w_n^{pk} Σ_j x[q + s(p + m·j)] w_r^{jk},   p < m, q < s.
 *
 * Plan (i32 words, written by fftPlan.ts): n, number of stages, then per stage
 *   radix, m, s, twiddles (p-major, radix−1 pairs of f32), table (radix ≥ 7: see below), kind.
 * kind 0: butterfly of the radix; kind 1: prime by Bluestein's chirp convolution.
 */

const STAGE_WORDS: usize = 6;

export function fft(plan: usize, input: usize, scratch: usize, output: usize): void {
  const n = load<i32>(plan);
  const stages = load<i32>(plan, 4);
  if (stages == 0) {
    memory.copy(output, input, <usize>n * 32);
    return;
  }
  let source = input;
  for (let stage = 0; stage < stages; stage++) {
    const words = plan + 8 + <usize>stage * STAGE_WORDS * 4;
    const radix = load<i32>(words);
    const m = load<i32>(words, 4);
    const s = load<i32>(words, 8);
    const twiddles = load<u32>(words, 12);
    const table = load<u32>(words, 16);
    const kind = load<i32>(words, 20);
    const target = ((stages - 1 - stage) & 1) == 0 ? output : scratch;
    if (kind == 1) stageBluestein(source, target, radix, m, s, twiddles, table);
    else if (radix == 4) stage4(source, target, m, s, twiddles);
    else if (radix == 2) stage2(source, target, m, s, twiddles);
    else if (radix == 3) stage3(source, target, m, s, twiddles);
    else if (radix == 5) stage5(source, target, m, s, twiddles);
    else stageOdd(source, target, radix, m, s, twiddles, table);
    source = target;
  }
}

/** Stores (re, im)·w, w a pair of f32 at `twiddle`. */
// @ts-ignore: decorator
@inline
function storeTwiddled(to: usize, re: v128, im: v128, twiddle: usize): void {
  const wr = v128.load32_splat(twiddle);
  const wi = v128.load32_splat(twiddle, 4);
  v128.store(to, f32x4.sub(f32x4.mul(re, wr), f32x4.mul(im, wi)));
  v128.store(to, f32x4.add(f32x4.mul(re, wi), f32x4.mul(im, wr)), 16);
}

// @ts-ignore: decorator
@inline
function storePlain(to: usize, re: v128, im: v128): void {
  v128.store(to, re);
  v128.store(to, im, 16);
}

function stage2(x: usize, y: usize, m: i32, s: i32, twiddles: usize): void {
  const step = <usize>s * 32;
  const half = <usize>m * step;
  for (let p = 0; p < m; p++) {
    const end = x + step;
    while (x < end) {
      const ar = v128.load(x);
      const ai = v128.load(x, 16);
      const br = v128.load(x + half);
      const bi = v128.load(x + half, 16);
      storePlain(y, f32x4.add(ar, br), f32x4.add(ai, bi));
      storeTwiddled(y + step, f32x4.sub(ar, br), f32x4.sub(ai, bi), twiddles);
      x += 32;
      y += 32;
    }
    y += step;
    twiddles += 8;
  }
}

function stage3(x: usize, y: usize, m: i32, s: i32, twiddles: usize): void {
  const step = <usize>s * 32;
  const third = <usize>m * step;
  const half = f32x4.splat(0.5);
  const sin60 = f32x4.splat(0.8660254037844386);
  for (let p = 0; p < m; p++) {
    const end = x + step;
    while (x < end) {
      const ar = v128.load(x);
      const ai = v128.load(x, 16);
      const b = x + third;
      const c = b + third;
      const sr = f32x4.add(v128.load(b), v128.load(c));
      const si = f32x4.add(v128.load(b, 16), v128.load(c, 16));
      const dr = f32x4.mul(sin60, f32x4.sub(v128.load(b), v128.load(c)));
      const di = f32x4.mul(sin60, f32x4.sub(v128.load(b, 16), v128.load(c, 16)));
      const tr = f32x4.sub(ar, f32x4.mul(half, sr));
      const ti = f32x4.sub(ai, f32x4.mul(half, si));
      storePlain(y, f32x4.add(ar, sr), f32x4.add(ai, si));
      storeTwiddled(y + step, f32x4.add(tr, di), f32x4.sub(ti, dr), twiddles);
      storeTwiddled(y + 2 * step, f32x4.sub(tr, di), f32x4.add(ti, dr), twiddles + 8);
      x += 32;
      y += 32;
    }
    y += 2 * step;
    twiddles += 16;
  }
}

function stage4(x: usize, y: usize, m: i32, s: i32, twiddles: usize): void {
  const step = <usize>s * 32;
  const quarter = <usize>m * step;
  for (let p = 0; p < m; p++) {
    const end = x + step;
    while (x < end) {
      const b = x + quarter;
      const c = b + quarter;
      const d = c + quarter;
      const acr = f32x4.add(v128.load(x), v128.load(c));
      const aci = f32x4.add(v128.load(x, 16), v128.load(c, 16));
      const amr = f32x4.sub(v128.load(x), v128.load(c));
      const ami = f32x4.sub(v128.load(x, 16), v128.load(c, 16));
      const bdr = f32x4.add(v128.load(b), v128.load(d));
      const bdi = f32x4.add(v128.load(b, 16), v128.load(d, 16));
      const bmr = f32x4.sub(v128.load(b), v128.load(d));
      const bmi = f32x4.sub(v128.load(b, 16), v128.load(d, 16));
      storePlain(y, f32x4.add(acr, bdr), f32x4.add(aci, bdi));
      storeTwiddled(y + step, f32x4.add(amr, bmi), f32x4.sub(ami, bmr), twiddles);
      storeTwiddled(y + 2 * step, f32x4.sub(acr, bdr), f32x4.sub(aci, bdi), twiddles + 8);
      storeTwiddled(y + 3 * step, f32x4.sub(amr, bmi), f32x4.add(ami, bmr), twiddles + 16);
      x += 32;
      y += 32;
    }
    y += 3 * step;
    twiddles += 24;
  }
}

function stage5(x: usize, y: usize, m: i32, s: i32, twiddles: usize): void {
  const step = <usize>s * 32;
  const fifth = <usize>m * step;
  const c1 = f32x4.splat(0.30901699437494745);
  const c2 = f32x4.splat(-0.8090169943749475);
  const s1 = f32x4.splat(0.9510565162951535);
  const s2 = f32x4.splat(0.5877852522924731);
  for (let p = 0; p < m; p++) {
    const end = x + step;
    while (x < end) {
      const ar = v128.load(x);
      const ai = v128.load(x, 16);
      const b = x + fifth;
      const c = b + fifth;
      const d = c + fifth;
      const e = d + fifth;
      const p1r = f32x4.add(v128.load(b), v128.load(e));
      const p1i = f32x4.add(v128.load(b, 16), v128.load(e, 16));
      const m1r = f32x4.sub(v128.load(b), v128.load(e));
      const m1i = f32x4.sub(v128.load(b, 16), v128.load(e, 16));
      const p2r = f32x4.add(v128.load(c), v128.load(d));
      const p2i = f32x4.add(v128.load(c, 16), v128.load(d, 16));
      const m2r = f32x4.sub(v128.load(c), v128.load(d));
      const m2i = f32x4.sub(v128.load(c, 16), v128.load(d, 16));
      const t1r = f32x4.add(ar, f32x4.add(f32x4.mul(c1, p1r), f32x4.mul(c2, p2r)));
      const t1i = f32x4.add(ai, f32x4.add(f32x4.mul(c1, p1i), f32x4.mul(c2, p2i)));
      const t2r = f32x4.add(ar, f32x4.add(f32x4.mul(c2, p1r), f32x4.mul(c1, p2r)));
      const t2i = f32x4.add(ai, f32x4.add(f32x4.mul(c2, p1i), f32x4.mul(c1, p2i)));
      const u1r = f32x4.add(f32x4.mul(s1, m1r), f32x4.mul(s2, m2r));
      const u1i = f32x4.add(f32x4.mul(s1, m1i), f32x4.mul(s2, m2i));
      const u2r = f32x4.sub(f32x4.mul(s2, m1r), f32x4.mul(s1, m2r));
      const u2i = f32x4.sub(f32x4.mul(s2, m1i), f32x4.mul(s1, m2i));
      storePlain(y, f32x4.add(ar, f32x4.add(p1r, p2r)), f32x4.add(ai, f32x4.add(p1i, p2i)));
      storeTwiddled(y + step, f32x4.add(t1r, u1i), f32x4.sub(t1i, u1r), twiddles);
      storeTwiddled(y + 2 * step, f32x4.add(t2r, u2i), f32x4.sub(t2i, u2r), twiddles + 8);
      storeTwiddled(y + 3 * step, f32x4.sub(t2r, u2i), f32x4.add(t2i, u2r), twiddles + 16);
      storeTwiddled(y + 4 * step, f32x4.sub(t1r, u1i), f32x4.add(t1i, u1r), twiddles + 24);
      x += 32;
      y += 32;
    }
    y += 4 * step;
    twiddles += 32;
  }
}

/**
 * Any odd radix r = 2h+1. With a_j = x_j + x_{r−j} and b_j = x_j − x_{r−j},
 *   X_{±k} = x_0 + Σ_j a_j cos(2πjk/r) ∓ i Σ_j b_j sin(2πjk/r).
 * table: a work area of 64·h bytes for a and b, then for k = 1..h the pairs (cos, sin), j = 1..h.
 * h is even or odd; two k at a time share the loads of a and b.
 */
function stageOdd(x: usize, y: usize, radix: i32, m: i32, s: i32, twiddles: usize, table: usize): void {
  const step = <usize>s * 32;
  const part = <usize>m * step;
  const h = (radix - 1) >> 1;
  const work = table;
  const angles = table + <usize>h * 64;
  const row = <usize>h * 8;
  for (let p = 0; p < m; p++) {
    const end = x + step;
    while (x < end) {
      const x0r = v128.load(x);
      const x0i = v128.load(x, 16);
      let sumR = x0r;
      let sumI = x0i;
      let front = x + part;
      let back = x + <usize>(radix - 1) * part;
      let ab = work;
      for (let j = 0; j < h; j++) {
        const fr = v128.load(front);
        const fi = v128.load(front, 16);
        const br = v128.load(back);
        const bi = v128.load(back, 16);
        const ar = f32x4.add(fr, br);
        const ai = f32x4.add(fi, bi);
        sumR = f32x4.add(sumR, ar);
        sumI = f32x4.add(sumI, ai);
        v128.store(ab, ar);
        v128.store(ab, ai, 16);
        v128.store(ab, f32x4.sub(fr, br), 32);
        v128.store(ab, f32x4.sub(fi, bi), 48);
        front += part;
        back -= part;
        ab += 64;
      }
      storePlain(y, sumR, sumI);
      let k = 1;
      for (; k + 1 <= h; k += 2) {
        let cr = x0r;
        let ci = x0i;
        let sr = f32x4.splat(0);
        let si = f32x4.splat(0);
        let er = x0r;
        let ei = x0i;
        let gr = f32x4.splat(0);
        let gi = f32x4.splat(0);
        let angle = angles + <usize>(k - 1) * row;
        ab = work;
        for (let j = 0; j < h; j++) {
          const ar = v128.load(ab);
          const ai = v128.load(ab, 16);
          const br = v128.load(ab, 32);
          const bi = v128.load(ab, 48);
          const c = v128.load32_splat(angle);
          cr = f32x4.add(cr, f32x4.mul(c, ar));
          ci = f32x4.add(ci, f32x4.mul(c, ai));
          const d = v128.load32_splat(angle, 4);
          sr = f32x4.add(sr, f32x4.mul(d, br));
          si = f32x4.add(si, f32x4.mul(d, bi));
          const e = v128.load32_splat(angle + row);
          er = f32x4.add(er, f32x4.mul(e, ar));
          ei = f32x4.add(ei, f32x4.mul(e, ai));
          const g = v128.load32_splat(angle + row, 4);
          gr = f32x4.add(gr, f32x4.mul(g, br));
          gi = f32x4.add(gi, f32x4.mul(g, bi));
          ab += 64;
          angle += 8;
        }
        const t = twiddles + <usize>(k - 1) * 8;
        const u = twiddles + <usize>(radix - k - 1) * 8;
        storeTwiddled(y + <usize>k * step, f32x4.add(cr, si), f32x4.sub(ci, sr), t);
        storeTwiddled(y + <usize>(radix - k) * step, f32x4.sub(cr, si), f32x4.add(ci, sr), u);
        storeTwiddled(y + <usize>(k + 1) * step, f32x4.add(er, gi), f32x4.sub(ei, gr), t + 8);
        storeTwiddled(y + <usize>(radix - k - 1) * step, f32x4.sub(er, gi), f32x4.add(ei, gr), u - 8);
      }
      if (k == h) {
        let cr = x0r;
        let ci = x0i;
        let sr = f32x4.splat(0);
        let si = f32x4.splat(0);
        let angle = angles + <usize>(k - 1) * row;
        ab = work;
        for (let j = 0; j < h; j++) {
          const c = v128.load32_splat(angle);
          const d = v128.load32_splat(angle, 4);
          cr = f32x4.add(cr, f32x4.mul(c, v128.load(ab)));
          ci = f32x4.add(ci, f32x4.mul(c, v128.load(ab, 16)));
          sr = f32x4.add(sr, f32x4.mul(d, v128.load(ab, 32)));
          si = f32x4.add(si, f32x4.mul(d, v128.load(ab, 48)));
          ab += 64;
          angle += 8;
        }
        storeTwiddled(y + <usize>k * step, f32x4.add(cr, si), f32x4.sub(ci, sr), twiddles + <usize>(k - 1) * 8);
        storeTwiddled(y + <usize>(radix - k) * step, f32x4.sub(cr, si), f32x4.add(ci, sr), twiddles + <usize>(radix - k - 1) * 8);
      }
      x += 32;
      y += 32;
    }
    y += <usize>(radix - 1) * step;
    twiddles += <usize>(radix - 1) * 8;
  }
}

/**
 * A large prime r as a convolution (Bluestein 1970): with c_j = e^{−πi j²/r},
 *   X_k = c_k Σ_j (x_j c_j) conj(c_{k−j}),
 * the sum by FFTs of a smooth length N ≥ 2r−1.
 * table (words): plan of length N, N, c (r pairs of f32), FFT of conj(c) over N (N pairs, with 1/N), three
 * work areas of 32·N bytes.
 */
function stageBluestein(x: usize, y: usize, radix: i32, m: i32, s: i32, twiddles: usize, table: usize): void {
  const step = <usize>s * 32;
  const part = <usize>m * step;
  const plan: usize = load<u32>(table);
  const length = load<i32>(table, 4);
  const chirp: usize = load<u32>(table, 8);
  const filter: usize = load<u32>(table, 12);
  const a: usize = load<u32>(table, 16);
  const b: usize = load<u32>(table, 20);
  const c: usize = load<u32>(table, 24);
  for (let p = 0; p < m; p++) {
    for (let q = 0; q < s; q++) {
      for (let j = 0; j < radix; j++) {
        const from = x + <usize>j * part;
        storeTwiddled(a + <usize>j * 32, v128.load(from), v128.load(from, 16), chirp + <usize>j * 8);
      }
      memory.fill(a + <usize>radix * 32, 0, <usize>(length - radix) * 32);
      fft(plan, a, c, b);
      // The inverse FFT is a forward one of the index-reversed spectrum.
      for (let i = 0; i < length; i++) {
        const from = b + <usize>i * 32;
        const to = a + <usize>(i == 0 ? 0 : length - i) * 32;
        storeTwiddled(to, v128.load(from), v128.load(from, 16), filter + <usize>i * 8);
      }
      fft(plan, a, c, b);
      for (let k = 0; k < radix; k++) {
        const from = b + <usize>k * 32;
        const to = y + <usize>k * step;
        storeTwiddled(to, v128.load(from), v128.load(from, 16), chirp + <usize>k * 8);
        if (k > 0) storeTwiddled(to, v128.load(to), v128.load(to, 16), twiddles + <usize>(k - 1) * 8);
      }
      x += 32;
      y += 32;
    }
    y += <usize>(radix - 1) * step;
    twiddles += <usize>(radix - 1) * 8;
  }
}
