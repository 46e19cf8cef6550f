/**
 * The ear model of HAAQI, two lanes side by side: two ears, or two bands. Recursions are in doubles; signals are
 * kept as floats, and what is done to each sample alone is done to four floats at a time.
 *
 * `filters` holds rows of two doubles, one per lane:
 *   0 pole a, 1 4a, 2 4a², 3 gain g, 4 cos θ, 5 sin θ, 6 cos 256θ, 7 sin 256θ, 8 (out) Σ power,
 *   9 power relative to the knee's of a power of 1, 10 the most of that (100 dB SPL), 11 gain at the knee, 12 the power
 *   of that power with which the gain goes on, 13 b and 14 −a₁ of the first-order low-pass of the gain (numerator
 *   b + b z⁻¹), 15 and 16 (out) Σ envelope² and Σ motion²; then 14.7 kB of work space.
 * With the carrier w[n] = e^{−iθn}: U = v·w through (1 + 4a z⁻¹ + 4a² z⁻²)/(1 − a z⁻¹)⁴ (four one-poles in a row),
 * power = g²·|U|², motion = g·Re(U·conj w). A table has the carrier for 256 samples; between these the filter's state is
 * turned instead.
 *
 * `cells`: rows 0 envelope in units of the threshold's of an envelope of 1, 1 amplitude of the noise, 2 and 3 states of
 * the adaptation; then 2 kB of work space.
 *
 * Arrays of floats are written up to the next multiple of four samples: with zeros by the filters.
 */
import { exp2x4, log2x4 } from "./powers";

const TURN: i32 = 256;
const CARRIER: usize = 272;
const STATE: usize = CARRIER + 32 * 256;
const OUTPUT: usize = STATE + 192;
const GAIN: usize = OUTPUT + 16 * 256;

// @ts-ignore: decorator
@inline
function pair(a: usize, b: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load32_lane(b, v128.load32_zero(a), 1));
}

// @ts-ignore: decorator
@inline
function madd(a: v128, b: v128, c: v128): v128 {
  return f64x2.add(f64x2.mul(a, b), c);
}

/** The carrier's table; all states and sums 0. */
function prepare(filters: usize): void {
  const cos = v128.load(filters, 64), sin = v128.load(filters, 80);
  let re = f64x2.splat(1), im = f64x2.splat(0);
  for (let at = filters + CARRIER, end = filters + STATE; at < end; at += 32) {
    v128.store(at, re);
    v128.store(at, im, 16);
    const turned = madd(re, cos, f64x2.mul(im, sin));
    im = f64x2.sub(f64x2.mul(im, cos), f64x2.mul(re, sin));
    re = turned;
  }
  memory.fill(filters + STATE, 0, 192);
  memory.fill(filters + 128, 0, 16);
  memory.fill(filters + 240, 0, 32);
}

/**
 * Up to 256 samples through the filters to the work space: pairs of powers; or, if bands are wanted, pairs of envelopes
 * and motions with their gains, as floats. The gains' low-pass and the sums are states too. (Envelopes far below what is
 * audible count: motions are divided by them, and may lie elsewhere in time. Powers in floats would be 0 too early.)
 */
// @ts-ignore: decorator
@inline
function filterBlock(filters: usize, in0: usize, in1: usize, count: i32, bands: bool): void {
  const a = v128.load(filters);
  const c1 = v128.load(filters, 16);
  const c2 = v128.load(filters, 32);
  const g = v128.load(filters, 48);
  const gg = f64x2.mul(g, g);
  const b = v128.load(filters, 208);
  const back = v128.load(filters, 224);
  const state = filters + STATE;
  let r0 = v128.load(state), r1 = v128.load(state, 16), r2 = v128.load(state, 32);
  let r3 = v128.load(state, 48), r4 = v128.load(state, 64), r5: v128;
  let i0 = v128.load(state, 80), i1 = v128.load(state, 96), i2 = v128.load(state, 112);
  let i3 = v128.load(state, 128), i4 = v128.load(state, 144), i5: v128;
  let gain = v128.load(state, 160), before = v128.load(state, 176);
  let sum = v128.load(filters, 128), envelopes = v128.load(filters, 240), moved = v128.load(filters, 256);
  let carrier = filters + CARRIER;
  let output = filters + OUTPUT;
  let gains = filters + GAIN;
  const end = <usize>count << 2;
  for (let at: usize = 0; at < end; at += 4) {
    const v = pair(in0 + at, in1 + at);
    const wr = v128.load(carrier), wi = v128.load(carrier, 16);
    carrier += 32;
    r5 = r4;
    i5 = i4;
    r4 = r3;
    i4 = i3;
    r0 = madd(a, r0, f64x2.mul(v, wr));
    i0 = madd(a, i0, f64x2.mul(v, wi));
    r1 = madd(a, r1, r0);
    i1 = madd(a, i1, i0);
    r2 = madd(a, r2, r1);
    i2 = madd(a, i2, i1);
    r3 = madd(a, r3, r2);
    i3 = madd(a, i3, i2);
    const re = madd(c2, r5, madd(c1, r4, r3));
    const im = madd(c2, i5, madd(c1, i4, i3));
    const power = f64x2.mul(gg, madd(re, re, f64x2.mul(im, im)));
    sum = f64x2.add(sum, power);
    if (bands) {
      const raw = f64x2.promote_low_f32x4(v128.load64_zero(gains));
      gains += 8;
      gain = madd(back, gain, f64x2.mul(b, f64x2.add(raw, before)));
      before = raw;
      const gained = f64x2.mul(power, f64x2.mul(gain, gain));
      const motion = f64x2.mul(f64x2.mul(g, gain), madd(re, wr, f64x2.mul(im, wi)));
      envelopes = f64x2.add(envelopes, gained);
      moved = madd(motion, motion, moved);
      v128.store(output, v128.shuffle<f32>(
        f32x4.demote_f64x2_zero(f64x2.sqrt(gained)), f32x4.demote_f64x2_zero(motion), 0, 1, 4, 5));
    } else v128.store(output, power);
    output += 16;
  }
  v128.store(filters, sum, 128);
  if (bands) {
    v128.store(filters, envelopes, 240);
    v128.store(filters, moved, 256);
    v128.store(state, gain, 160);
    v128.store(state, before, 176);
  }
  // The carrier begins anew: what is to come is turned by e^{iθ·256} against what was.
  const cos = v128.load(filters, 96), sin = v128.load(filters, 112);
  storeTurned(state, r0, i0, cos, sin);
  storeTurned(state + 16, r1, i1, cos, sin);
  storeTurned(state + 32, r2, i2, cos, sin);
  storeTurned(state + 48, r3, i3, cos, sin);
  storeTurned(state + 64, r4, i4, cos, sin);
  // Four samples at a time follow.
  if (count < TURN) memory.fill(filters + OUTPUT + (<usize>count << 4), 0, 48);
}

// @ts-ignore: decorator
@inline
function storeTurned(to: usize, re: v128, im: v128, cos: v128, sin: v128): void {
  v128.store(to, f64x2.sub(f64x2.mul(re, cos), f64x2.mul(im, sin)));
  v128.store(to, madd(re, sin, f64x2.mul(im, cos)), 80);
}

export function gammatonePowers(
  filters: usize, in0: usize, in1: usize, count: i32, out0: usize, out1: usize,
): void {
  prepare(filters);
  for (let n: i32 = 0; n < count; n += TURN) {
    const length = min(TURN, count - n);
    const at = <usize>n << 2;
    filterBlock(filters, in0 + at, in1 + at, length, false);
    if (out0 == 0) continue;
    for (let m: i32 = 0; m < length; m += 4) {
      const from = filters + OUTPUT + (<usize>m << 4);
      const a = f32x4.demote_f64x2_zero(v128.load(from));
      const b = f32x4.demote_f64x2_zero(v128.load(from, 16));
      const c = f32x4.demote_f64x2_zero(v128.load(from, 32));
      const d = f32x4.demote_f64x2_zero(v128.load(from, 48));
      const p = v128.shuffle<f32>(a, b, 0, 4, 1, 5), q = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
      const to = <usize>(n + m) << 2;
      v128.store(out0 + to, v128.shuffle<f32>(p, q, 0, 1, 4, 5));
      v128.store(out1 + to, v128.shuffle<f32>(p, q, 2, 3, 6, 7));
    }
  }
}

/** A value of one lane of a row, four times as a float. */
// @ts-ignore: decorator
@inline
function splat4(rows: usize, row: usize, lane: usize): v128 {
  return f32x4.splat(<f32>load<f64>(rows + (row << 4) + (lane << 3)));
}

/** Gains from powers of the control filter. */
// @ts-ignore: decorator
@inline
function gain4(control: v128, scale: v128, most: v128, atKnee: v128, exponent: v128): v128 {
  const x = f32x4.pmin(f32x4.pmax(f32x4.mul(control, scale), f32x4.splat(1)), most);
  return f32x4.mul(atKnee, exp2x4(f32x4.mul(exponent, log2x4(x))));
}

export function gammatoneBands(
  filters: usize, in0: usize, in1: usize, count: i32,
  env0: usize, env1: usize, motion0: usize, motion1: usize,
): void {
  prepare(filters);
  const scale0 = splat4(filters, 9, 0), scale1 = splat4(filters, 9, 1);
  const most0 = splat4(filters, 10, 0), most1 = splat4(filters, 10, 1);
  const knee0 = splat4(filters, 11, 0), knee1 = splat4(filters, 11, 1);
  const exponent0 = splat4(filters, 12, 0), exponent1 = splat4(filters, 12, 1);
  const gains = filters + GAIN, output = filters + OUTPUT;
  for (let n: i32 = 0; n < count; n += TURN) {
    const length = min(TURN, count - n);
    const from = <usize>n << 2;
    for (let m: i32 = 0; m < length; m += 4) {
      const at = from + (<usize>m << 2);
      const x = gain4(v128.load(env0 + at), scale0, most0, knee0, exponent0);
      const y = gain4(v128.load(env1 + at), scale1, most1, knee1, exponent1);
      const to = gains + (<usize>m << 3);
      v128.store(to, v128.shuffle<f32>(x, y, 0, 4, 1, 5));
      v128.store(to, v128.shuffle<f32>(x, y, 2, 6, 3, 7), 16);
    }
    filterBlock(filters, in0 + from, in1 + from, length, true);
    for (let m: i32 = 0; m < length; m += 4) {
      const at = output + (<usize>m << 4);
      const u = v128.load(at), v = v128.load(at, 16), w = v128.load(at, 32), x = v128.load(at, 48);
      const p = v128.shuffle<f32>(u, v, 0, 4, 1, 5), q = v128.shuffle<f32>(w, x, 0, 4, 1, 5);
      const r = v128.shuffle<f32>(u, v, 2, 6, 3, 7), s = v128.shuffle<f32>(w, x, 2, 6, 3, 7);
      const to = from + (<usize>m << 2);
      v128.store(env0 + to, v128.shuffle<f32>(p, q, 0, 1, 4, 5));
      v128.store(env1 + to, v128.shuffle<f32>(p, q, 2, 3, 6, 7));
      v128.store(motion0 + to, v128.shuffle<f32>(r, s, 0, 1, 4, 5));
      v128.store(motion1 + to, v128.shuffle<f32>(r, s, 2, 3, 6, 7));
    }
  }
}

/** dB above the threshold. */
// @ts-ignore: decorator
@inline
function sensation4(envelope: v128, scale: v128): v128 {
  const x = f32x4.pmax(f32x4.mul(envelope, scale), f32x4.splat(1));
  return f32x4.mul(f32x4.splat(6.020599913279624), log2x4(x));
}

/**
 * s = max(0, 20·log10 (envelope over the threshold's)); two states adapt to it: (B₁, B₂) = (s/4 + 36·v₁, 480·v₂),
 * v = M·B with the inverse M of ((36.75, −0.5), (−0.25, 480.5)); e = max(0, 2(s − v₁)). The motion gets that envelope,
 * and noise.
 */
export function hairCells(
  cells: usize, env0: usize, env1: usize, motion0: usize, motion1: usize,
  noise0: usize, noise1: usize, count: i32,
): void {
  const scale0 = splat4(cells, 0, 0), scale1 = splat4(cells, 0, 1);
  const amplitude0 = splat4(cells, 1, 0), amplitude1 = splat4(cells, 1, 1);
  let v1 = v128.load(cells, 32);
  let v2 = v128.load(cells, 48);
  const d = 1 / (36.75 * 480.5 - 0.5 * 0.25);
  // v₁ = m₁·s + m₁₁·v₁ + m₁₂·v₂ and so on.
  const m1 = f64x2.splat(d * 480.5 / 4), m11 = f64x2.splat(d * 480.5 * 36), m12 = f64x2.splat(d * 0.5 * 480);
  const m2 = f64x2.splat(d * 0.25 / 4), m21 = f64x2.splat(d * 0.25 * 36), m22 = f64x2.splat(d * 36.75 * 480);
  const tiny = f32x4.splat(1e-30);
  const zero = f64x2.splat(0);
  const work = cells + 64;
  for (let n: i32 = 0; n < count; n += TURN) {
    const length = min(TURN, count - n);
    const from = <usize>n << 2;
    for (let m: i32 = 0; m < length; m += 4) {
      const at = from + (<usize>m << 2);
      const x = v128.load(env0 + at), y = v128.load(env1 + at);
      const s = sensation4(x, scale0), t = sensation4(y, scale1);
      const to = work + (<usize>m << 3);
      v128.store(to, v128.shuffle<f32>(s, t, 0, 4, 1, 5));
      v128.store(to, v128.shuffle<f32>(s, t, 2, 6, 3, 7), 16);
      // Both lanes may be the same ear: read first.
      const u = v128.load(motion0 + at), v = v128.load(motion1 + at);
      v128.store(motion0 + at, f32x4.div(u, f32x4.add(x, tiny)));
      v128.store(motion1 + at, f32x4.div(v, f32x4.add(y, tiny)));
    }
    for (let at = work, end = work + (<usize>length << 3); at < end; at += 8) {
      const s = f64x2.promote_low_f32x4(v128.load64_zero(at));
      const w1 = madd(m1, s, madd(m12, v2, f64x2.mul(m11, v1)));
      v2 = madd(m2, s, madd(m21, v1, f64x2.mul(m22, v2)));
      v1 = w1;
      const rest = f64x2.sub(s, v1);
      v128.store64_lane(at, f32x4.demote_f64x2_zero(f64x2.pmax(zero, f64x2.add(rest, rest))), 0);
    }
    for (let m: i32 = 0; m < length; m += 4) {
      const at = from + (<usize>m << 2);
      const p = v128.load(work + (<usize>m << 3)), q = v128.load(work + (<usize>m << 3), 16);
      const x = v128.shuffle<f32>(p, q, 0, 2, 4, 6), y = v128.shuffle<f32>(p, q, 1, 3, 5, 7);
      v128.store(env0 + at, x);
      v128.store(env1 + at, y);
      let u = v128.load(motion0 + at), v = v128.load(motion1 + at);
      u = f32x4.mul(u, f32x4.add(x, tiny));
      v = f32x4.mul(v, f32x4.add(y, tiny));
      if (noise0 != 0) {
        u = f32x4.add(u, f32x4.mul(amplitude0, v128.load(noise0 + at)));
        v = f32x4.add(v, f32x4.mul(amplitude1, v128.load(noise1 + at)));
      }
      v128.store(motion0 + at, u);
      v128.store(motion1 + at, v);
    }
  }
  v128.store(cells, v1, 32);
  v128.store(cells, v2, 48);
}

/** Σ a[i + lag]·b[i] of floats, in doubles, for the lags 0 to 3. */
export function laggedProducts(a: usize, b: usize, count: i32, out: usize): void {
  let s = f64x2.splat(0), t = f64x2.splat(0), u = f64x2.splat(0), v = f64x2.splat(0);
  const end = <usize>(count & ~1) << 2;
  let at: usize = 0;
  for (; at < end; at += 8) {
    const y = f64x2.promote_low_f32x4(v128.load64_zero(b + at));
    s = madd(y, f64x2.promote_low_f32x4(v128.load64_zero(a + at)), s);
    t = madd(y, f64x2.promote_low_f32x4(v128.load64_zero(a + at, 4)), t);
    u = madd(y, f64x2.promote_low_f32x4(v128.load64_zero(a + at, 8)), u);
    v = madd(y, f64x2.promote_low_f32x4(v128.load64_zero(a + at, 12)), v);
  }
  if (count & 1) {
    const y = f64x2.promote_low_f32x4(v128.load32_zero(b + at));
    s = madd(y, f64x2.promote_low_f32x4(v128.load32_zero(a + at)), s);
    t = madd(y, f64x2.promote_low_f32x4(v128.load32_zero(a + at, 4)), t);
    u = madd(y, f64x2.promote_low_f32x4(v128.load32_zero(a + at, 8)), u);
    v = madd(y, f64x2.promote_low_f32x4(v128.load32_zero(a + at, 12)), v);
  }
  store<f64>(out, f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1));
  store<f64>(out, f64x2.extract_lane(t, 0) + f64x2.extract_lane(t, 1), 8);
  store<f64>(out, f64x2.extract_lane(u, 0) + f64x2.extract_lane(u, 1), 16);
  store<f64>(out, f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1), 24);
}
