/**
 * The ear model of HAAQI, two lanes side by side in doubles: two ears, or two bands.
 *
 * `filters` holds rows of two doubles, one per lane:
 *   0 pole a, 1 4a, 2 4a², 3 gain g, 4 cos θ, 5 sin θ, 6 cos 256θ, 7 sin 256θ, 8 (out) Σ power,
 *   9 dB SPL of 1, 10 knee (dB SPL), 11 gain at the knee, 12 gain per dB above it (both in powers of ten),
 *   13 b and 14 −a₁ of the first-order low-pass of the gain (numerator b + b z⁻¹).
 * With the carrier w[n] = e^{−iθn}: U = v·w through (1 + 4a z⁻¹ + 4a² z⁻²)/(1 − a z⁻¹)⁴ (four one-poles in a row),
 * power = g²·|U|², motion = g·Re(U·conj w). The carrier turns sample by sample, and exactly every 256 samples.
 *
 * `cells`: rows 0 dB SL of an envelope of 1, 1 amplitude of the noise, 2 and 3 states of the adaptation.
 */
import { exp2, log2 } from "./powers";

const TURN: i32 = 256;
const LOG2_10: f64 = 3.321928094887362;

// @ts-ignore: decorator
@inline
function pair(a: usize, b: usize): v128 {
  return v128.load64_lane(b, v128.load64_zero(a), 1);
}

// @ts-ignore: decorator
@inline
function madd(a: v128, b: v128, c: v128): v128 {
  return f64x2.add(f64x2.mul(a, b), c);
}

// State of one pair of filters; the loops below keep it in locals.
export function gammatonePowers(
  filters: usize, in0: usize, in1: usize, count: i32, out0: usize, out1: usize,
): void {
  const a = v128.load(filters);
  const c1 = v128.load(filters, 16);
  const c2 = v128.load(filters, 32);
  const g = v128.load(filters, 48);
  const gg = f64x2.mul(g, g);
  const cos = v128.load(filters, 64);
  const sin = v128.load(filters, 80);
  const farCos = v128.load(filters, 96);
  const farSin = v128.load(filters, 112);
  const zero = f64x2.splat(0);
  let baseRe = f64x2.splat(1), baseIm = zero;
  let r0 = zero, r1 = zero, r2 = zero, r3 = zero, r4 = zero, r5 = zero;
  let i0 = zero, i1 = zero, i2 = zero, i3 = zero, i4 = zero, i5 = zero;
  let sum = zero;
  for (let n: i32 = 0; n < count; n += TURN) {
    let wr = baseRe, wi = baseIm;
    const end = min(count, n + TURN);
    for (let m = n; m < end; m++) {
      const at = <usize>m << 3;
      const v = pair(in0 + at, in1 + at);
      r5 = r4; r4 = r3;
      i5 = i4; i4 = i3;
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
      if (out0 != 0) {
        v128.store64_lane(out0 + at, power, 0);
        v128.store64_lane(out1 + at, power, 1);
      }
      const turned = madd(wr, cos, f64x2.mul(wi, sin));
      wi = f64x2.sub(f64x2.mul(wi, cos), f64x2.mul(wr, sin));
      wr = turned;
    }
    const turned = madd(baseRe, farCos, f64x2.mul(baseIm, farSin));
    baseIm = f64x2.sub(f64x2.mul(baseIm, farCos), f64x2.mul(baseRe, farSin));
    baseRe = turned;
  }
  v128.store(filters, sum, 128);
}

export function gammatoneBands(
  filters: usize, in0: usize, in1: usize, count: i32,
  env0: usize, env1: usize, motion0: usize, motion1: usize,
): void {
  const a = v128.load(filters);
  const c1 = v128.load(filters, 16);
  const c2 = v128.load(filters, 32);
  const g = v128.load(filters, 48);
  const gg = f64x2.mul(g, g);
  const cos = v128.load(filters, 64);
  const sin = v128.load(filters, 80);
  const farCos = v128.load(filters, 96);
  const farSin = v128.load(filters, 112);
  const level = v128.load(filters, 144);
  const knee = v128.load(filters, 160);
  const slope = f64x2.mul(v128.load(filters, 192), f64x2.splat(LOG2_10));
  const offset = f64x2.sub(
    f64x2.mul(v128.load(filters, 176), f64x2.splat(LOG2_10)), f64x2.mul(slope, knee),
  );
  const b = v128.load(filters, 208);
  const back = v128.load(filters, 224);
  const perOctave = f64x2.splat(10 / LOG2_10);
  const most = f64x2.splat(100);
  const least = f64x2.splat(1e-60);
  const zero = f64x2.splat(0);
  let baseRe = f64x2.splat(1), baseIm = zero;
  let r0 = zero, r1 = zero, r2 = zero, r3 = zero, r4 = zero, r5 = zero;
  let i0 = zero, i1 = zero, i2 = zero, i3 = zero, i4 = zero, i5 = zero;
  let before = zero, gain = zero, sum = zero;
  for (let n: i32 = 0; n < count; n += TURN) {
    let wr = baseRe, wi = baseIm;
    const end = min(count, n + TURN);
    // Gains first, in the envelopes' place: no sample waits for the one before it.
    for (let m = n; m < end; m++) {
      const at = <usize>m << 3;
      const control = f64x2.pmax(pair(env0 + at, env1 + at), least);
      const loud = f64x2.pmax(f64x2.pmin(madd(perOctave, log2(control), level), most), knee);
      const raw = exp2(madd(slope, loud, offset));
      v128.store64_lane(env0 + at, raw, 0);
      v128.store64_lane(env1 + at, raw, 1);
    }
    for (let m = n; m < end; m++) {
      const at = <usize>m << 3;
      const raw = pair(env0 + at, env1 + at);
      gain = madd(back, gain, f64x2.mul(b, f64x2.add(raw, before)));
      before = raw;

      const v = pair(in0 + at, in1 + at);
      r5 = r4; r4 = r3;
      i5 = i4; i4 = i3;
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
      const envelope = f64x2.mul(f64x2.sqrt(power), gain);
      const motion = f64x2.mul(f64x2.mul(g, gain), madd(re, wr, f64x2.mul(im, wi)));
      v128.store64_lane(env0 + at, envelope, 0);
      v128.store64_lane(env1 + at, envelope, 1);
      v128.store64_lane(motion0 + at, motion, 0);
      v128.store64_lane(motion1 + at, motion, 1);
      const turned = madd(wr, cos, f64x2.mul(wi, sin));
      wi = f64x2.sub(f64x2.mul(wi, cos), f64x2.mul(wr, sin));
      wr = turned;
    }
    const turned = madd(baseRe, farCos, f64x2.mul(baseIm, farSin));
    baseIm = f64x2.sub(f64x2.mul(baseIm, farCos), f64x2.mul(baseRe, farSin));
    baseRe = turned;
  }
  v128.store(filters, sum, 128);
}

/**
 * s = max(0, level + 20·log10 envelope); two states adapt to it: (B₁, B₂) = (s/4 + 36·v₁, 480·v₂), v = M·B with the
 * inverse M of ((36.75, −0.5), (−0.25, 480.5)); e = max(0, 2(s − v₁)). The motion gets that envelope, and noise.
 */
export function hairCells(
  cells: usize, env0: usize, env1: usize, motion0: usize, motion1: usize,
  noise0: usize, noise1: usize, count: i32,
): void {
  const level = v128.load(cells);
  const amplitude = v128.load(cells, 16);
  let v1 = v128.load(cells, 32);
  let v2 = v128.load(cells, 48);
  const d = 1 / (36.75 * 480.5 - 0.5 * 0.25);
  // v₁ = m₁·s + m₁₁·v₁ + m₁₂·v₂ and so on.
  const m1 = f64x2.splat(d * 480.5 / 4), m11 = f64x2.splat(d * 480.5 * 36), m12 = f64x2.splat(d * 0.5 * 480);
  const m2 = f64x2.splat(d * 0.25 / 4), m21 = f64x2.splat(d * 0.25 * 36), m22 = f64x2.splat(d * 36.75 * 480);
  const perOctave = f64x2.splat(20 / LOG2_10);
  const tiny = f64x2.splat(1e-30);
  const zero = f64x2.splat(0);
  const end = <usize>count << 3;
  for (let from: usize = 0; from < end; from += TURN << 3) {
    const until = min(end, from + (TURN << 3));
    // First what no sample has to wait for another one for: dB SL, and motions divided by their envelopes.
    for (let at = from; at < until; at += 8) {
      const envelope = f64x2.add(pair(env0 + at, env1 + at), tiny);
      const s = f64x2.pmax(zero, madd(perOctave, log2(envelope), level));
      const motion = f64x2.div(pair(motion0 + at, motion1 + at), envelope);
      v128.store64_lane(env0 + at, s, 0);
      v128.store64_lane(env1 + at, s, 1);
      v128.store64_lane(motion0 + at, motion, 0);
      v128.store64_lane(motion1 + at, motion, 1);
    }
    for (let at = from; at < until; at += 8) {
      const s = pair(env0 + at, env1 + at);
      const w1 = madd(m1, s, madd(m12, v2, f64x2.mul(m11, v1)));
      v2 = madd(m2, s, madd(m21, v1, f64x2.mul(m22, v2)));
      v1 = w1;
      const rest = f64x2.sub(s, v1);
      const e = f64x2.pmax(zero, f64x2.add(rest, rest));
      v128.store64_lane(env0 + at, e, 0);
      v128.store64_lane(env1 + at, e, 1);
      let motion = f64x2.mul(pair(motion0 + at, motion1 + at), f64x2.add(e, tiny));
      if (noise0 != 0) motion = madd(amplitude, pair(noise0 + at, noise1 + at), motion);
      v128.store64_lane(motion0 + at, motion, 0);
      v128.store64_lane(motion1 + at, motion, 1);
    }
  }
  v128.store(cells, v1, 32);
  v128.store(cells, v2, 48);
}

/** Σ a[i]·b[i]. */
export function laggedProduct(a: usize, b: usize, count: i32): f64 {
  let s = f64x2.splat(0), t = f64x2.splat(0), u = f64x2.splat(0), v = f64x2.splat(0);
  const whole = <usize>(count & ~7) << 3;
  for (let at: usize = 0; at < whole; at += 64) {
    s = madd(v128.load(a + at), v128.load(b + at), s);
    t = madd(v128.load(a + at, 16), v128.load(b + at, 16), t);
    u = madd(v128.load(a + at, 32), v128.load(b + at, 32), u);
    v = madd(v128.load(a + at, 48), v128.load(b + at, 48), v);
  }
  const all = f64x2.add(f64x2.add(s, t), f64x2.add(u, v));
  let sum = f64x2.extract_lane(all, 0) + f64x2.extract_lane(all, 1);
  for (let at = whole, end = <usize>count << 3; at < end; at += 8) {
    sum += load<f64>(a + at) * load<f64>(b + at);
  }
  return sum;
}
