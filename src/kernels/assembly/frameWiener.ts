/**
 * Expectation maximisation on frames of a stereo short-time transform (docs/mathematics.md, 7.3), in double, two bins at a time.
 *
 * `given` is a list of addresses: the mixture's frames, planar (see frameSpectra.ts), then each source's masks [frames, 2, bins].
 * Models and sums are planes of doubles, each an even number of bins long: for each source a, d, Re b, Im b of [[a, b], [b*, d]].
 * `models` is a list of pairs: the address of an iteration's model, and its ρ as a double at the address that follows.
 */

/** Bins that are worked on before the next frame is: their models and sums stay in the nearest cache. */
const BLOCK: i32 = 64;

// @ts-ignore: decorator
@inline
function promote(from: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(from));
}

/** First estimates of two bins: 64 bytes for each source, re and im, left and right. */
// @ts-ignore: decorator
@inline
function masked(given: usize, at: usize, mask: usize, row: usize, sources: i32, y: usize): void {
  const spectra = <usize>load<u32>(given) + at;
  const lr = promote(spectra);
  const li = promote(spectra + row);
  const rr = promote(spectra + 2 * row);
  const ri = promote(spectra + 3 * row);
  for (let j = 0; j < sources; j++) {
    const from = <usize>load<u32>(given + <usize>(j + 1) * 4) + mask;
    const left = promote(from);
    const right = promote(from + row);
    const to = y + <usize>j * 64;
    v128.store(to, f64x2.mul(left, lr));
    v128.store(to, f64x2.mul(left, li), 16);
    v128.store(to, f64x2.mul(right, rr), 32);
    v128.store(to, f64x2.mul(right, ri), 48);
  }
}

/** One iteration on two bins: y ← v R C⁻¹ x. powers: 16 bytes for each source. */
// @ts-ignore: decorator
@inline
function iterate(
  spectra: usize, row: usize, model: usize, plane: usize, rho: v128, sources: i32, powers: usize, y: usize,
): void {
  const half = f64x2.splat(0.5);
  let a = rho;
  let d = rho;
  let br = f64x2.splat(0);
  let bi = f64x2.splat(0);
  for (let j = 0; j < sources; j++) {
    const from = y + <usize>j * 64;
    const y0 = v128.load(from);
    const y1 = v128.load(from, 16);
    const y2 = v128.load(from, 32);
    const y3 = v128.load(from, 48);
    const left = f64x2.add(f64x2.mul(y0, y0), f64x2.mul(y1, y1));
    const right = f64x2.add(f64x2.mul(y2, y2), f64x2.mul(y3, y3));
    const v = f64x2.mul(half, f64x2.add(left, right));
    v128.store(powers + <usize>j * 16, v);
    const r = model + <usize>j * 4 * plane;
    a = f64x2.add(a, f64x2.mul(v, v128.load(r)));
    d = f64x2.add(d, f64x2.mul(v, v128.load(r + plane)));
    br = f64x2.add(br, f64x2.mul(v, v128.load(r + 2 * plane)));
    bi = f64x2.add(bi, f64x2.mul(v, v128.load(r + 3 * plane)));
  }
  const det = f64x2.sub(f64x2.mul(a, d), f64x2.add(f64x2.mul(br, br), f64x2.mul(bi, bi)));
  const inverse = f64x2.div(f64x2.splat(1), det);
  const lr = promote(spectra);
  const li = promote(spectra + row);
  const rr = promote(spectra + 2 * row);
  const ri = promote(spectra + 3 * row);
  const z0r = f64x2.mul(inverse, f64x2.add(f64x2.sub(f64x2.mul(d, lr), f64x2.mul(br, rr)), f64x2.mul(bi, ri)));
  const z0i = f64x2.mul(inverse, f64x2.sub(f64x2.sub(f64x2.mul(d, li), f64x2.mul(br, ri)), f64x2.mul(bi, rr)));
  const z1r = f64x2.mul(inverse, f64x2.sub(f64x2.sub(f64x2.mul(a, rr), f64x2.mul(br, lr)), f64x2.mul(bi, li)));
  const z1i = f64x2.mul(inverse, f64x2.add(f64x2.sub(f64x2.mul(a, ri), f64x2.mul(br, li)), f64x2.mul(bi, lr)));
  for (let j = 0; j < sources; j++) {
    const v = v128.load(powers + <usize>j * 16);
    const r = model + <usize>j * 4 * plane;
    const ja = f64x2.mul(v, v128.load(r));
    const jd = f64x2.mul(v, v128.load(r + plane));
    const jr = f64x2.mul(v, v128.load(r + 2 * plane));
    const ji = f64x2.mul(v, v128.load(r + 3 * plane));
    const to = y + <usize>j * 64;
    v128.store(to, f64x2.add(f64x2.mul(ja, z0r), f64x2.sub(f64x2.mul(jr, z1r), f64x2.mul(ji, z1i))));
    v128.store(to, f64x2.add(f64x2.mul(ja, z0i), f64x2.add(f64x2.mul(jr, z1i), f64x2.mul(ji, z1r))), 16);
    v128.store(to, f64x2.add(f64x2.mul(jd, z1r), f64x2.add(f64x2.mul(jr, z0r), f64x2.mul(ji, z0i))), 32);
    v128.store(to, f64x2.add(f64x2.mul(jd, z1i), f64x2.sub(f64x2.mul(jr, z0i), f64x2.mul(ji, z0r))), 48);
  }
}

/** Estimates of two bins after all iterations that there are models of. */
// @ts-ignore: decorator
@inline
function estimate(
  given: usize, frame: i32, bin: i32, bins: i32, sources: i32, models: usize, iterations: i32, work: usize,
): void {
  const row = <usize>bins * 4;
  const plane = <usize>((bins + 1) & ~1) * 8;
  const at = <usize>(frame * 4 * bins + bin) * 4;
  const y = work;
  const powers = work + <usize>sources * 64;
  masked(given, at, <usize>(frame * 2 * bins + bin) * 4, row, sources, y);
  for (let i = 0; i < iterations; i++) {
    const model = <usize>load<u32>(models + <usize>i * 8) + <usize>bin * 8;
    const rho = v128.load64_splat(<usize>load<u32>(models + <usize>i * 8, 4));
    iterate(<usize>load<u32>(given) + at, row, model, plane, rho, sources, powers, y);
  }
}

// @ts-ignore: decorator
@inline
function add(to: usize, v: v128): void {
  v128.store(to, f64x2.add(v128.load(to), v));
}

// @ts-ignore: decorator
@inline
function measure(
  given: usize, frames: i32, bins: i32, sources: i32, models: usize, iterations: i32, work: usize, sums: usize,
): void {
  const plane = <usize>((bins + 1) & ~1) * 8;
  for (let first = 0; first < bins; first += BLOCK) {
    const end = min(bins, first + BLOCK);
    for (let frame = 0; frame < frames; frame++) {
      for (let bin = first; bin < end; bin += 2) {
        estimate(given, frame, bin, bins, sources, models, iterations, work);
        for (let j = 0; j < sources; j++) {
          const from = work + <usize>j * 64;
          const y0 = v128.load(from);
          const y1 = v128.load(from, 16);
          const y2 = v128.load(from, 32);
          const y3 = v128.load(from, 48);
          const to = sums + <usize>j * 4 * plane + <usize>bin * 8;
          add(to, f64x2.add(f64x2.mul(y0, y0), f64x2.mul(y1, y1)));
          add(to + plane, f64x2.add(f64x2.mul(y2, y2), f64x2.mul(y3, y3)));
          add(to + 2 * plane, f64x2.add(f64x2.mul(y0, y2), f64x2.mul(y1, y3)));
          add(to + 3 * plane, f64x2.sub(f64x2.mul(y1, y2), f64x2.mul(y0, y3)));
        }
      }
    }
  }
}

/** Adds Σ y yᴴ over the frames of every bin and source to sums, after so many iterations. work: 80 bytes for each source. */
export function frameStatistics(
  given: usize, frames: i32, bins: i32, sources: i32, models: usize, iterations: i32, work: usize, sums: usize,
): void {
  // The usual number is known to the compiler.
  if (sources == 4) measure(given, frames, bins, 4, models, iterations, work, sums);
  else measure(given, frames, bins, sources, models, iterations, work, sums);
}

// @ts-ignore: decorator
@inline
function filter(
  given: usize, first: i32, count: i32, bins: i32, sources: i32, models: usize, iterations: i32, work: usize, out: usize,
): void {
  const row = <usize>bins * 4;
  for (let frame = 0; frame < count; frame++) {
    for (let bin = 0; bin < bins; bin += 2) {
      estimate(given, first + frame, bin, bins, sources, models, iterations, work);
      const at = <usize>(frame * 4 * bins + bin) * 4;
      for (let j = 0; j < sources; j++) {
        const to = <usize>load<u32>(out + <usize>j * 4) + at;
        for (let part = 0; part < 4; part++) {
          const v = f32x4.demote_f64x2_zero(v128.load(work + <usize>(4 * j + part) * 16));
          if (bin + 1 < bins) v128.store64_lane(to + <usize>part * row, v, 0);
          else v128.store32_lane(to + <usize>part * row, v, 0);
        }
      }
    }
  }
}

/** Estimates of `count` frames from the first, planar, to the addresses that `out` lists for the sources. work: as above. */
export function frameFilter(
  given: usize, first: i32, count: i32, bins: i32, sources: i32, models: usize, iterations: i32, work: usize, out: usize,
): void {
  if (sources == 4) filter(given, first, count, bins, 4, models, iterations, work, out);
  else filter(given, first, count, bins, sources, models, iterations, work, out);
}
