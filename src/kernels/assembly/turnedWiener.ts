/**
 * Wiener-EM for training (docs/mathematics.md, 3.2), in the mixture's phase and with its reverse mode: one bin within one
 * window, many items side by side.
 *
 * Coefficients of channel c are turned by −θ_c, so that the mixture is its magnitude X_c and y_j = mask_j·X is real.
 * Per item and target sums S of y_j y_j^H give R = S/(ε' + tr S/2); per frame C = Σ v_j R_j + ρI, z = C^{-1} x and
 * stem_j = v_j R_j z. These are counted in channel 0's phase: there x_1 = X_1·e^{−iφ} with φ = θ_0 − θ_1, and the
 * stems of channel 1 are turned by φ at the end.
 *
 * Backwards, with g_j the gradient by stem_j: t = C^{-1} Σ v_j R_j g_j and e_j = g_j − t give all: the gradient by R_j
 * is the sum over frames of v_j·k_j, with k_j made of e_j and z alone, and that by v_j is the product of R_j and k_j.
 *
 * Layout table (u32): bins, H, half slices, items, period; then pointers to float32 arrays, 0 where there is none:
 * magnitude [2, H, bins, frames], cosine and sine of φ [H, bins, frames], targets in phase and in quadrature, masks,
 * stems in phase and in quadrature, gradient by the stems in phase and in quadrature, gradient by the masks, each
 * [4, 2, H, bins, frames]. Frames are half slices with the items innermost.
 *
 * Everything is counted in double, two neighbours at a time. Tables and sums per item are double too, "in pairs": they
 * repeat every `period` frames, an even multiple of the items, and number k of position p of n numbers is element
 * ((p >> 1)·n + k)·2 + (p & 1).
 */

const TARGETS: i32 = 4;

// @ts-ignore: decorator
@inline
function field(layout: usize, index: usize): usize {
  return load<u32>(layout + index * 4);
}

/** Half slices h ≥ 0 that come before coefficient `first` in row tau: h·H + tau < first. */
// @ts-ignore: decorator
@inline
function before(first: i32, tau: i32, half: i32): i32 {
  return first <= tau ? 0 : (first - tau + half - 1) / half;
}

/** The bits to keep of two neighbours: at an odd end those of one. The other is then 0, and adds nothing to any sum. */
// @ts-ignore: decorator
@inline
function kept(whole: bool): v128 {
  return i64x2.splat(whole ? -1 : 0xffffffff);
}

/** Two neighbours. */
// @ts-ignore: decorator
@inline
function pair(from: usize, keep: v128): v128 {
  return f64x2.promote_low_f32x4(v128.and(v128.load64_zero(from), keep));
}

// @ts-ignore: decorator
@inline
function storePair(to: usize, v: v128, whole: bool): void {
  const narrow = f32x4.demote_f64x2_zero(v);
  if (whole) v128.store64_lane(to, narrow, 0);
  else v128.store32_lane(to, narrow, 0);
}

// @ts-ignore: decorator
@inline
function addTo(to: usize, v: v128): void {
  v128.store(to, f64x2.add(v128.load(to), v));
}

/** a·b + c·d. */
// @ts-ignore: decorator
@inline
function dot(a: v128, b: v128, c: v128, d: v128): v128 {
  return f64x2.add(f64x2.mul(a, b), f64x2.mul(c, d));
}

/** a·b − c·d. */
// @ts-ignore: decorator
@inline
function cross(a: v128, b: v128, c: v128, d: v128): v128 {
  return f64x2.sub(f64x2.mul(a, b), f64x2.mul(c, d));
}

/** Adds to sums (16 in pairs), per target: S00, S11, Re S01, Im S01. */
export function turnedStatistics(layout: usize, bin: i32, first: i32, window: i32, sums: usize): void {
  const bins = <i32>field(layout, 0);
  const half = <i32>field(layout, 1);
  const frames = <i32>field(layout, 2);
  const items = <i32>field(layout, 3);
  const period = <i32>field(layout, 4);
  const plane = <usize>(half * bins * frames * items) * 4;
  for (let tau = 0; tau < half; tau++) {
    const from = before(first, tau, half);
    const to = min(frames, before(first + window, tau, half));
    const row = <usize>(((tau * bins + bin) * frames + from) * items) * 4;
    const magnitude = field(layout, 5) + row;
    const cosine = field(layout, 6) + row;
    const sine = field(layout, 7) + row;
    const masks = field(layout, 10) + row;
    const count = (to - from) * items;
    for (let i = 0, p = 0; i < count; i += 2) {
      const whole = i + 1 < count;
      const keep = kept(whole);
      const at = <usize>i * 4;
      const x0 = pair(magnitude + at, keep);
      const x1 = pair(magnitude + plane + at, keep);
      const c = pair(cosine + at, keep);
      const s = pair(sine + at, keep);
      let own = sums + <usize>p * 128;
      let mask = masks + at;
      for (let j = 0; j < TARGETS; j++) {
        const y0 = f64x2.mul(pair(mask, keep), x0);
        const y1 = f64x2.mul(pair(mask + plane, keep), x1);
        const y01 = f64x2.mul(y0, y1);
        addTo(own, f64x2.mul(y0, y0));
        addTo(own + 16, f64x2.mul(y1, y1));
        addTo(own + 32, f64x2.mul(y01, c));
        addTo(own + 48, f64x2.mul(y01, s));
        own += 64;
        mask += 2 * plane;
      }
      p += 2;
      if (p == period) p = 0;
    }
  }
}

/**
 * The filter, and what is asked of it.
 *
 * Reads spatial (17 in pairs): per target a, d, Re b, Im b of R = [[a, b], [b*, d]], then ρ. Writes the stems where
 * there is an array for them. With `errors`, adds the squared errors of each target and of their sum (5 in pairs).
 * With `moments`, goes backwards from the squared errors times `weights` (5 in pairs; 0 for none) and from a gradient by
 * the stems where there is one: adds Σ v_j·k_j (16 in pairs), the gradient by a, d, Re b, Im b, and leaves that by v_j
 * at channel 0 of the gradient by the masks. Errors, and weights, need the true targets. work: 400 bytes.
 */
export function turnedFilter(
  layout: usize, bin: i32, first: i32, window: i32, spatial: usize, weights: usize, errors: usize, moments: usize,
  work: usize,
): void {
  const bins = <i32>field(layout, 0);
  const half = <i32>field(layout, 1);
  const frames = <i32>field(layout, 2);
  const items = <i32>field(layout, 3);
  const period = <i32>field(layout, 4);
  const plane = <usize>(half * bins * frames * items) * 4;
  const magnitude = field(layout, 5);
  const cosine = field(layout, 6);
  const sine = field(layout, 7);
  const inPhase = field(layout, 8);
  const quadrature = field(layout, 9);
  const masks = field(layout, 10);
  const stems = field(layout, 11);
  const stemsBeside = field(layout, 12);
  const byStems = field(layout, 13);
  const byStemsBeside = field(layout, 14);
  const gradient = field(layout, 15);
  const writes = stems != 0;
  const fed = byStems != 0;
  const compares = errors != 0 || weights != 0;
  const zero = f64x2.splat(0);
  for (let tau = 0; tau < half; tau++) {
    const from = before(first, tau, half);
    const to = min(frames, before(first + window, tau, half));
    const row = <usize>(((tau * bins + bin) * frames + from) * items) * 4;
    const count = (to - from) * items;
    for (let i = 0, p = 0; i < count; i += 2) {
      const whole = i + 1 < count;
      const keep = kept(whole);
      const at = row + <usize>i * 4;
      const x0 = pair(magnitude + at, keep);
      const x1 = pair(magnitude + plane + at, keep);
      const c = pair(cosine + at, keep);
      const s = pair(sine + at, keep);
      const x1r = f64x2.mul(x1, c);
      const x1i = f64x2.neg(f64x2.mul(x1, s));
      const own = spatial + <usize>p * 136;

      let a = v128.load(own + 256);
      let d = a;
      let br = zero;
      let bi = zero;
      let mask = masks + at;
      for (let j = 0; j < TARGETS; j++) {
        const y0 = f64x2.mul(pair(mask, keep), x0);
        const y1 = f64x2.mul(pair(mask + plane, keep), x1);
        const v = f64x2.mul(f64x2.splat(0.5), dot(y0, y0, y1, y1));
        const r = own + <usize>j * 64;
        v128.store(work + <usize>j * 16, v);
        a = f64x2.add(a, f64x2.mul(v, v128.load(r)));
        d = f64x2.add(d, f64x2.mul(v, v128.load(r, 16)));
        br = f64x2.add(br, f64x2.mul(v, v128.load(r, 32)));
        bi = f64x2.add(bi, f64x2.mul(v, v128.load(r, 48)));
        mask += 2 * plane;
      }
      const inverse = f64x2.div(f64x2.splat(1), f64x2.sub(f64x2.mul(a, d), dot(br, br, bi, bi)));
      a = f64x2.mul(a, inverse);
      d = f64x2.mul(d, inverse);
      br = f64x2.mul(br, inverse);
      bi = f64x2.mul(bi, inverse);
      const z0r = f64x2.sub(f64x2.mul(d, x0), cross(br, x1r, bi, x1i));
      const z0i = f64x2.neg(dot(br, x1i, bi, x1r));
      const z1r = f64x2.sub(f64x2.mul(a, x1r), f64x2.mul(br, x0));
      const z1i = dot(a, x1i, bi, x0);

      let joint0r = zero;
      let joint0i = zero;
      let joint1r = zero;
      let joint1i = zero;
      for (let j = 0; j < TARGETS; j++) {
        const r = own + <usize>j * 64;
        const v = v128.load(work + <usize>j * 16);
        const ja = v128.load(r);
        const jd = v128.load(r, 16);
        const jr = v128.load(r, 32);
        const ji = v128.load(r, 48);
        const s0r = f64x2.mul(v, f64x2.add(f64x2.mul(ja, z0r), cross(jr, z1r, ji, z1i)));
        const s0i = f64x2.mul(v, f64x2.add(f64x2.mul(ja, z0i), dot(jr, z1i, ji, z1r)));
        const u1r = f64x2.mul(v, f64x2.add(f64x2.mul(jd, z1r), dot(jr, z0r, ji, z0i)));
        const u1i = f64x2.mul(v, f64x2.add(f64x2.mul(jd, z1i), cross(jr, z0i, ji, z0r)));
        const s1r = cross(u1r, c, u1i, s);
        const s1i = dot(u1i, c, u1r, s);
        const place = at + <usize>(2 * j) * plane;
        if (writes) {
          storePair(stems + place, s0r, whole);
          storePair(stems + place + plane, s1r, whole);
          storePair(stemsBeside + place, s0i, whole);
          storePair(stemsBeside + place + plane, s1i, whole);
        }
        if (compares) {
          const e0r = f64x2.sub(s0r, pair(inPhase + place, keep));
          const e1r = f64x2.sub(s1r, pair(inPhase + place + plane, keep));
          const e0i = f64x2.sub(s0i, pair(quadrature + place, keep));
          const e1i = f64x2.sub(s1i, pair(quadrature + place + plane, keep));
          const g = work + 64 + <usize>j * 64;
          v128.store(g, e0r);
          v128.store(g, e0i, 16);
          v128.store(g, e1r, 32);
          v128.store(g, e1i, 48);
          joint0r = f64x2.add(joint0r, e0r);
          joint0i = f64x2.add(joint0i, e0i);
          joint1r = f64x2.add(joint1r, e1r);
          joint1i = f64x2.add(joint1i, e1i);
          if (errors) {
            const square = f64x2.add(dot(e0r, e0r, e0i, e0i), dot(e1r, e1r, e1i, e1i));
            addTo(errors + <usize>p * 40 + <usize>j * 16, square);
          }
        }
      }
      if (errors) {
        const square = f64x2.add(
          dot(joint0r, joint0r, joint0i, joint0i),
          dot(joint1r, joint1r, joint1i, joint1i),
        );
        addTo(errors + <usize>p * 40 + 64, square);
      }

      if (moments) {
        const two = f64x2.splat(2);
        if (weights) {
          const w = f64x2.mul(two, v128.load(weights + <usize>p * 40 + 64));
          joint0r = f64x2.mul(joint0r, w);
          joint0i = f64x2.mul(joint0i, w);
          joint1r = f64x2.mul(joint1r, w);
          joint1i = f64x2.mul(joint1i, w);
        }
        let q0r = zero;
        let q0i = zero;
        let q1r = zero;
        let q1i = zero;
        for (let j = 0; j < TARGETS; j++) {
          const g = work + 64 + <usize>j * 64;
          let g0r = zero;
          let g0i = zero;
          let g1r = zero;
          let g1i = zero;
          if (weights) {
            const w = f64x2.mul(two, v128.load(weights + <usize>p * 40 + <usize>j * 16));
            g0r = f64x2.add(joint0r, f64x2.mul(w, v128.load(g)));
            g0i = f64x2.add(joint0i, f64x2.mul(w, v128.load(g, 16)));
            g1r = f64x2.add(joint1r, f64x2.mul(w, v128.load(g, 32)));
            g1i = f64x2.add(joint1i, f64x2.mul(w, v128.load(g, 48)));
          }
          if (fed) {
            const place = at + <usize>(2 * j) * plane;
            g0r = f64x2.add(g0r, pair(byStems + place, keep));
            g1r = f64x2.add(g1r, pair(byStems + place + plane, keep));
            g0i = f64x2.add(g0i, pair(byStemsBeside + place, keep));
            g1i = f64x2.add(g1i, pair(byStemsBeside + place + plane, keep));
          }
          // Back to channel 0's phase.
          const t1r = dot(g1r, c, g1i, s);
          const t1i = cross(g1i, c, g1r, s);
          v128.store(g, g0r);
          v128.store(g, g0i, 16);
          v128.store(g, t1r, 32);
          v128.store(g, t1i, 48);
          const r = own + <usize>j * 64;
          const v = v128.load(work + <usize>j * 16);
          const ja = v128.load(r);
          const jd = v128.load(r, 16);
          const jr = v128.load(r, 32);
          const ji = v128.load(r, 48);
          q0r = f64x2.add(q0r, f64x2.mul(v, f64x2.add(f64x2.mul(ja, g0r), cross(jr, t1r, ji, t1i))));
          q0i = f64x2.add(q0i, f64x2.mul(v, f64x2.add(f64x2.mul(ja, g0i), dot(jr, t1i, ji, t1r))));
          q1r = f64x2.add(q1r, f64x2.mul(v, f64x2.add(f64x2.mul(jd, t1r), dot(jr, g0r, ji, g0i))));
          q1i = f64x2.add(q1i, f64x2.mul(v, f64x2.add(f64x2.mul(jd, t1i), cross(jr, g0i, ji, g0r))));
        }
        const t0r = f64x2.sub(f64x2.mul(d, q0r), cross(br, q1r, bi, q1i));
        const t0i = f64x2.sub(f64x2.mul(d, q0i), dot(br, q1i, bi, q1r));
        const t1r = f64x2.sub(f64x2.mul(a, q1r), dot(br, q0r, bi, q0i));
        const t1i = f64x2.sub(f64x2.mul(a, q1i), cross(br, q0i, bi, q0r));
        const sums = moments + <usize>p * 128;
        for (let j = 0; j < TARGETS; j++) {
          const g = work + 64 + <usize>j * 64;
          const r = own + <usize>j * 64;
          const m = sums + <usize>j * 64;
          const v = v128.load(work + <usize>j * 16);
          const e0r = f64x2.sub(v128.load(g), t0r);
          const e0i = f64x2.sub(v128.load(g, 16), t0i);
          const e1r = f64x2.sub(v128.load(g, 32), t1r);
          const e1i = f64x2.sub(v128.load(g, 48), t1i);
          const ka = dot(e0r, z0r, e0i, z0i);
          const kd = dot(e1r, z1r, e1i, z1i);
          const kr = f64x2.add(dot(e0r, z1r, e0i, z1i), dot(e1r, z0r, e1i, z0i));
          const ki = f64x2.add(cross(e0i, z1r, e0r, z1i), cross(e1r, z0i, e1i, z0r));
          addTo(m, f64x2.mul(v, ka));
          addTo(m + 16, f64x2.mul(v, kd));
          addTo(m + 32, f64x2.mul(v, kr));
          addTo(m + 48, f64x2.mul(v, ki));
          const byPower = f64x2.add(
            dot(v128.load(r), ka, v128.load(r, 16), kd),
            dot(v128.load(r, 32), kr, v128.load(r, 48), ki),
          );
          storePair(gradient + at + <usize>(2 * j) * plane, byPower, whole);
        }
      }
      p += 2;
      if (p == period) p = 0;
    }
  }
}

/**
 * The gradient by the masks, from what {@link turnedFilter} left of that by v_j and the gradient by the sums S (16 in
 * pairs, in the order of {@link turnedStatistics}).
 */
export function turnedGradient(layout: usize, bin: i32, first: i32, window: i32, bySums: usize): void {
  const bins = <i32>field(layout, 0);
  const half = <i32>field(layout, 1);
  const frames = <i32>field(layout, 2);
  const items = <i32>field(layout, 3);
  const period = <i32>field(layout, 4);
  const plane = <usize>(half * bins * frames * items) * 4;
  for (let tau = 0; tau < half; tau++) {
    const from = before(first, tau, half);
    const to = min(frames, before(first + window, tau, half));
    const row = <usize>(((tau * bins + bin) * frames + from) * items) * 4;
    const magnitude = field(layout, 5) + row;
    const cosine = field(layout, 6) + row;
    const sine = field(layout, 7) + row;
    const masks = field(layout, 10) + row;
    const gradient = field(layout, 15) + row;
    const count = (to - from) * items;
    for (let i = 0, p = 0; i < count; i += 2) {
      const whole = i + 1 < count;
      const keep = kept(whole);
      const at = <usize>i * 4;
      const x0 = pair(magnitude + at, keep);
      const x1 = pair(magnitude + plane + at, keep);
      const c = pair(cosine + at, keep);
      const s = pair(sine + at, keep);
      let own = bySums + <usize>p * 128;
      let mask = masks + at;
      let out = gradient + at;
      for (let j = 0; j < TARGETS; j++) {
        const y0 = f64x2.mul(pair(mask, keep), x0);
        const y1 = f64x2.mul(pair(mask + plane, keep), x1);
        const byPower = pair(out, keep);
        const byCross = dot(c, v128.load(own, 32), s, v128.load(own, 48));
        const a = f64x2.mul(f64x2.splat(2), v128.load(own));
        const d = f64x2.mul(f64x2.splat(2), v128.load(own, 16));
        storePair(out, f64x2.mul(x0, dot(y0, f64x2.add(a, byPower), y1, byCross)), whole);
        storePair(out + plane, f64x2.mul(x1, dot(y1, f64x2.add(d, byPower), y0, byCross)), whole);
        own += 64;
        mask += 2 * plane;
        out += 2 * plane;
      }
      p += 2;
      if (p == period) p = 0;
    }
  }
}
