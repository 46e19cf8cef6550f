/**
 * One band of HAAQI's ear in doubles, forward with what the way back needs, and back: filters, compression, adaptation.
 *
 * Complex signals are pairs (re, im), which go through the filters as the two lanes of a vector. `poles` has two pairs of
 * zeros before its first sample.
 */

const TINY: f64 = 1e-30;
/** Powers below this are silence. */
const LEAST_POWER: f64 = 1e-60;

/** The adaptation: (v₁, v₂) = m·s + M·(v₁, v₂), level − v₁ twice; see hairCells. */
const D: f64 = 1 / (36.75 * 480.5 - 0.125);
const M1: f64 = (D * 480.5) / 4;
const M2: f64 = (D * 0.25) / 4;
const M11: f64 = D * 480.5 * 36;
const M12: f64 = D * 0.5 * 480;
const M21: f64 = D * 0.25 * 36;
const M22: f64 = D * 36.75 * 480;

// @ts-ignore: decorator
@inline
function madd(a: v128, b: v128, c: v128): v128 {
  return f64x2.add(f64x2.mul(a, b), c);
}

// @ts-ignore: decorator
@inline
function sumOf(x: v128): f64 {
  return f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1);
}

/** Four one-poles on the signal times the carrier, then 1 + 4a z⁻¹ + 4a² z⁻². Returns Σ|out|². */
export function gammatoneForward(
  pole: f64, signal: usize, carrier: usize, count: i32, poles: usize, out: usize,
): f64 {
  const a = f64x2.splat(pole), c1 = f64x2.splat(4 * pole), c2 = f64x2.splat(4 * pole * pole);
  let p1 = f64x2.splat(0), p2 = p1, p3 = p1, p4 = p1, before = p1, sum = p1;
  for (let n: i32 = 0; n < count; n++) {
    p1 = madd(a, p1, f64x2.mul(v128.load64_splat(signal), v128.load(carrier)));
    p2 = madd(a, p2, p1);
    p3 = madd(a, p3, p2);
    const earlier = before;
    before = p4;
    p4 = madd(a, p4, p3);
    v128.store(poles, p4);
    const u = madd(c2, earlier, madd(c1, before, p4));
    v128.store(out, u);
    sum = madd(u, u, sum);
    signal += 8;
    carrier += 16;
    poles += 16;
    out += 16;
  }
  return sumOf(sum);
}

/** The way back: adds to the gradient by the signal. Returns that by the pole. */
export function gammatoneBack(
  pole: f64, carrier: usize, poles: usize, byOutput: usize, count: i32, bySignal: usize,
): f64 {
  const a = f64x2.splat(pole), c1 = f64x2.splat(4 * pole), c2 = f64x2.splat(4 * pole * pole);
  const four = f64x2.splat(4), eight = f64x2.splat(8 * pole);
  let g1 = f64x2.splat(0), g2 = g1, l1 = g1, l2 = g1, l3 = g1, l4 = g1, byPole = g1;
  for (let n: i32 = count - 1; n >= 0; n--) {
    const at = <usize>n << 4;
    const here = v128.load(byOutput + at);
    const before = f64x2.mul(four, v128.load(poles + at - 16));
    const earlier = v128.load(poles + at - 32);
    l1 = madd(a, l1, madd(c2, g2, madd(c1, g1, here)));
    l2 = madd(a, l2, l1);
    l3 = madd(a, l3, l2);
    l4 = madd(a, l4, l3);
    // Each of the four poles contributes as much as the last one.
    byPole = madd(l1, before, madd(here, madd(eight, earlier, before), byPole));
    const to = bySignal + (<usize>n << 3);
    store<f64>(to, load<f64>(to) + sumOf(f64x2.mul(l4, v128.load(carrier + at))));
    g2 = g1;
    g1 = here;
  }
  return sumOf(byPole);
}

/** Gains through b(1 + z⁻¹)/(1 − a z⁻¹); envelope and motion of the filter's output, which `factor` belongs to. */
export function compressBand(
  output: usize, carrier: usize, raw: usize, count: i32, b: f64, a: f64, factor: f64,
  gains: usize, envelopes: usize, motions: usize,
): void {
  let gain: f64 = 0, before: f64 = 0;
  for (let n: i32 = 0; n < count; n++) {
    const at = <usize>n << 3;
    const own = load<f64>(raw + at);
    gain = b * (own + before) + a * gain;
    before = own;
    store<f64>(gains + at, gain);
    const u = v128.load(output + 2 * at);
    store<f64>(envelopes + at, factor * Math.sqrt(sumOf(f64x2.mul(u, u))));
    store<f64>(motions + at, factor * sumOf(f64x2.mul(u, v128.load(carrier + 2 * at))));
  }
}

/** Levels become adapted ones; motions, in proportion to them where they were in proportion to amplitudes, go to `out`. */
export function adaptBand(levels: usize, amplitudes: usize, motions: usize, count: i32, out: usize): void {
  let v1: f64 = 0, v2: f64 = 0;
  for (let at: usize = 0, end = <usize>count << 3; at < end; at += 8) {
    const s = load<f64>(levels + at);
    const next = M1 * s + M11 * v1 + M12 * v2;
    v2 = M2 * s + M21 * v1 + M22 * v2;
    v1 = next;
    const adapted = s > v1 ? 2 * (s - v1) : 0;
    store<f64>(levels + at, adapted);
    store<f64>(out + at, (load<f64>(motions + at) * (adapted + TINY)) / load<f64>(amplitudes + at));
  }
}

/**
 * The way back through that and the levels of amplitudes: gradients by both results become, in place, those by amplitudes
 * and motions. `threshold`: amplitudes up to there have level 0; `perNeper`: dB for a factor of e.
 */
export function adaptBack(
  levels: usize, amplitudes: usize, motions: usize, count: i32, threshold: f64, perNeper: f64,
  byLevels: usize, byMotions: usize,
): void {
  let l1: f64 = 0, l2: f64 = 0;
  for (let n: i32 = count - 1; n >= 0; n--) {
    const at = <usize>n << 3;
    const amplitude = load<f64>(amplitudes + at);
    const adapted = load<f64>(levels + at);
    let byAdapted: f64 = 0, byAmplitude: f64 = 0, byMotion: f64 = 0;
    if (adapted > 0) {
      const m = load<f64>(byMotions + at);
      const share = (m * load<f64>(motions + at)) / amplitude;
      const ratio = (adapted + TINY) / amplitude;
      byMotion = m * ratio;
      byAdapted = load<f64>(byLevels + at) + share;
      byAmplitude = -share * ratio;
    }
    // λ[n] = Mᵀ·λ[n+1] and what comes from here.
    const next = M11 * l1 + M21 * l2 - 2 * byAdapted;
    l2 = M12 * l1 + M22 * l2;
    l1 = next;
    const byLevel = 2 * byAdapted + M1 * l1 + M2 * l2;
    if (amplitude > threshold) byAmplitude += (byLevel * perNeper) / amplitude;
    store<f64>(byLevels + at, byAmplitude);
    store<f64>(byMotions + at, byMotion);
  }
}

/**
 * The way back through the gains: gradients by compressed envelopes and motions become, in place, those by uncompressed
 * ones, and raw gains the gradient by the control filter's power, which is `scale` times |control|² and counts between
 * `least` and `most`, where gains go as its power `exponent`.
 */
export function compressBack(
  control: usize, raw: usize, gains: usize, envelopes: usize, motions: usize, count: i32, b: f64, a: f64,
  scale: f64, least: f64, most: f64, exponent: f64, byEnvelopes: usize, byMotions: usize,
): void {
  let later: f64 = 0;
  for (let n: i32 = count - 1; n >= 0; n--) {
    const at = <usize>n << 3;
    const e = load<f64>(byEnvelopes + at), m = load<f64>(byMotions + at);
    const gain = load<f64>(gains + at);
    const here = e * load<f64>(envelopes + at) + m * load<f64>(motions + at) + a * later;
    const byRaw = b * (here + later);
    later = here;
    store<f64>(byEnvelopes + at, e * gain);
    store<f64>(byMotions + at, m * gain);
    const u = v128.load(control + 2 * at);
    const power = scale * sumOf(f64x2.mul(u, u));
    const inside = power > least && power < most;
    store<f64>(raw + at, inside ? (byRaw * load<f64>(raw + at) * exponent) / power : 0);
  }
}

/**
 * The gradient by a filter's output from those by envelopes (of which `perSample` times the envelope comes on top) and
 * motions. Returns that by `factor`.
 */
export function envelopeBack(
  output: usize, carrier: usize, envelopes: usize, motions: usize, byEnvelopes: usize, byMotions: usize,
  count: i32, factor: f64, perSample: f64, byOutput: usize,
): f64 {
  let byFactor: f64 = 0;
  for (let n: i32 = 0; n < count; n++) {
    const at = <usize>n << 3;
    const envelope = load<f64>(envelopes + at);
    const e = load<f64>(byEnvelopes + at) + perSample * envelope;
    const m = load<f64>(byMotions + at);
    byFactor += (e * envelope + m * load<f64>(motions + at)) / factor;
    const u = v128.load(output + 2 * at);
    const size = Math.sqrt(sumOf(f64x2.mul(u, u)) + LEAST_POWER);
    v128.store(byOutput + 2 * at, f64x2.mul(f64x2.splat(factor), madd(
      f64x2.splat(e / size), u, f64x2.mul(f64x2.splat(m), v128.load(carrier + 2 * at)))));
  }
  return byFactor;
}

/** out = factor·(weights + each)·x. */
export function weighComplex(
  x: usize, weights: usize, each: f64, factor: f64, count: i32, out: usize,
): void {
  for (let n: i32 = 0; n < count; n++) {
    const at = <usize>n << 3;
    const weight = factor * (load<f64>(weights + at) + each);
    v128.store(out + 2 * at, f64x2.mul(f64x2.splat(weight), v128.load(x + 2 * at)));
  }
}
