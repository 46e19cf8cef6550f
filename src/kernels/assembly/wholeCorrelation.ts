/**
 * The correlation of two whole signals at all lags, by one transform in place that passes through memory three times.
 *
 * `data`: rows × columns floats of x, then as many of y, both with zeros for at least half of that; sample n lies at row
 * n / columns. With z = x + iy: transforms along the columns, turned by e^{−2πi·k₁n₂/N}, then along the rows, where
 * frequency k₁ + rows·k₂ lies in row k₁ at k₂ and its mate −k in row −k₁; products; and the same way back. Columns and
 * rows go four at a time as lanes (see fft.ts).
 *
 * Afterwards Σ x[n+l]·y[n] stands at l modulo N where x was; what is in y's place has no meaning.
 *
 * rows, columns: multiples of 4. `turns`: cos and sin of 2πm/N in doubles, m below the larger of the two. `work`: 96
 * bytes for each of the larger of the two.
 */
import { fft } from "./fft";

// @ts-ignore: decorator
@inline
function two(turns: usize, a: i32, b: i32, offset: usize): v128 {
  const near = turns + (<usize>a << 4) + offset, far = turns + (<usize>b << 4) + offset;
  return v128.load64_lane(far, v128.load64_zero(near), 1);
}

// @ts-ignore: decorator
@inline
function four(low: v128, high: v128): v128 {
  return v128.shuffle<f32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}

/** Element i of lane j, times e^{−2πi·m_j·i/N}. */
function turn(lanes: usize, count: i32, turns: usize, m0: i32, m1: i32, m2: i32, m3: i32): void {
  const c0 = two(turns, m0, m1, 0), c1 = two(turns, m2, m3, 0);
  const s0 = two(turns, m0, m1, 8), s1 = two(turns, m2, m3, 8);
  let r0 = f64x2.splat(1), r1 = r0;
  let i0 = f64x2.splat(0), i1 = i0;
  for (let n: i32 = 0; n < count; n++) {
    const at = lanes + (<usize>n << 5);
    const wr = four(r0, r1), wi = four(i0, i1);
    const re = v128.load(at), im = v128.load(at, 16);
    v128.store(at, f32x4.sub(f32x4.mul(re, wr), f32x4.mul(im, wi)));
    v128.store(at, f32x4.add(f32x4.mul(re, wi), f32x4.mul(im, wr)), 16);
    const t0 = f64x2.add(f64x2.mul(r0, c0), f64x2.mul(i0, s0));
    const t1 = f64x2.add(f64x2.mul(r1, c1), f64x2.mul(i1, s1));
    i0 = f64x2.sub(f64x2.mul(i0, c0), f64x2.mul(r0, s0));
    i1 = f64x2.sub(f64x2.mul(i1, c1), f64x2.mul(r1, s1));
    r0 = t0;
    r1 = t1;
  }
}

/** Four rows of one plane to one half of the lanes, or back. */
// @ts-ignore: decorator
@inline
function rowsToLanes(r0: usize, r1: usize, r2: usize, r3: usize, columns: i32, lanes: usize): void {
  for (let c: i32 = 0; c < columns; c += 4) {
    const at = <usize>c << 2;
    const a = v128.load(r0 + at), b = v128.load(r1 + at), d = v128.load(r2 + at), e = v128.load(r3 + at);
    const p = v128.shuffle<f32>(a, b, 0, 4, 1, 5), q = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
    const r = v128.shuffle<f32>(d, e, 0, 4, 1, 5), s = v128.shuffle<f32>(d, e, 2, 6, 3, 7);
    const to = lanes + (<usize>c << 5);
    v128.store(to, v128.shuffle<f32>(p, r, 0, 1, 4, 5));
    v128.store(to, v128.shuffle<f32>(p, r, 2, 3, 6, 7), 32);
    v128.store(to, v128.shuffle<f32>(q, s, 0, 1, 4, 5), 64);
    v128.store(to, v128.shuffle<f32>(q, s, 2, 3, 6, 7), 96);
  }
}

// @ts-ignore: decorator
@inline
function lanesToRows(lanes: usize, columns: i32, r0: usize, r1: usize, r2: usize, r3: usize): void {
  for (let c: i32 = 0; c < columns; c += 4) {
    const at = <usize>c << 2;
    const from = lanes + (<usize>c << 5);
    const a = v128.load(from), b = v128.load(from, 32), d = v128.load(from, 64), e = v128.load(from, 96);
    const p = v128.shuffle<f32>(a, b, 0, 4, 1, 5), q = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
    const r = v128.shuffle<f32>(d, e, 0, 4, 1, 5), s = v128.shuffle<f32>(d, e, 2, 6, 3, 7);
    v128.store(r0 + at, v128.shuffle<f32>(p, r, 0, 1, 4, 5));
    v128.store(r1 + at, v128.shuffle<f32>(p, r, 2, 3, 6, 7));
    v128.store(r2 + at, v128.shuffle<f32>(q, s, 0, 1, 4, 5));
    v128.store(r3 + at, v128.shuffle<f32>(q, s, 2, 3, 6, 7));
  }
}

/** conj(X·conj(Y)) times 4·scale from Z and its mates, of four frequencies. */
// @ts-ignore: decorator
@inline
function product(a: v128, b: v128, c: v128, d: v128, scale: v128, to: usize): void {
  const re = f32x4.sub(
    f32x4.mul(f32x4.add(a, c), f32x4.add(b, d)), f32x4.mul(f32x4.sub(b, d), f32x4.sub(a, c)),
  );
  const im = f32x4.add(
    f32x4.mul(f32x4.add(c, a), f32x4.sub(c, a)), f32x4.mul(f32x4.add(d, b), f32x4.sub(d, b)),
  );
  v128.store(to, f32x4.mul(scale, re));
  v128.store(to, f32x4.mul(scale, im), 16);
}

export function correlateWhole(
  rowPlan: usize, columnPlan: usize, rows: i32, columns: i32, data: usize, turns: usize, work: usize,
): void {
  const row = <usize>columns << 2;
  const plane = row * <usize>rows;
  const area = <usize>max(rows, columns) << 5;
  const a = work, b = work + area, scratch = work + 2 * area;
  const scale = f32x4.splat(<f32>(0.25 / (<f64>rows * <f64>columns)));

  for (let c: i32 = 0; c < columns; c += 4) {
    columnsToLanes(data + (<usize>c << 2), rows, row, plane, a);
    fft(columnPlan, a, scratch, b);
    turn(b, rows, turns, c, c + 1, c + 2, c + 3);
    for (let r: i32 = 0; r < rows; r++) {
      const at = data + (<usize>c << 2) + row * <usize>r;
      const lanes = b + (<usize>r << 5);
      v128.store(at, v128.load(lanes));
      v128.store(at + plane, v128.load(lanes, 16));
    }
  }

  for (let p: i32 = 0; p < rows / 2; p += 2) {
    const n0 = p, n1 = p == 0 ? rows / 2 : rows - p, n2 = p + 1, n3 = rows - p - 1;
    const r0 = data + row * <usize>n0, r1 = data + row * <usize>n1;
    const r2 = data + row * <usize>n2, r3 = data + row * <usize>n3;
    rowsToLanes(r0, r1, r2, r3, columns, a);
    rowsToLanes(r0 + plane, r1 + plane, r2 + plane, r3 + plane, columns, a + 16);
    fft(rowPlan, a, scratch, b);
    for (let k: i32 = 0; k < columns; k++) {
      const here = b + (<usize>k << 5);
      const mate = b + (<usize>(columns - 1 - k) << 5);
      const mr = v128.load(mate), mi = v128.load(mate, 16);
      let c: v128, d: v128;
      if (p == 0) {
        // Rows 0 and N/2 are their own mates; in row 0 the first frequency is, too.
        const own = b + (<usize>(k == 0 ? 0 : columns - k) << 5);
        c = f32x4.replace_lane(v128.shuffle<f32>(mr, mr, 0, 1, 3, 2), 0, load<f32>(own));
        d = f32x4.replace_lane(v128.shuffle<f32>(mi, mi, 0, 1, 3, 2), 0, load<f32>(own, 16));
      } else {
        c = v128.shuffle<f32>(mr, mr, 1, 0, 3, 2);
        d = v128.shuffle<f32>(mi, mi, 1, 0, 3, 2);
      }
      product(v128.load(here), v128.load(here, 16), c, d, scale, a + (<usize>k << 5));
    }
    fft(rowPlan, a, scratch, b);
    turn(b, columns, turns, n0, n1, n2, n3);
    lanesToRows(b, columns, r0, r1, r2, r3);
    lanesToRows(b + 16, columns, r0 + plane, r1 + plane, r2 + plane, r3 + plane);
  }

  for (let c: i32 = 0; c < columns; c += 4) {
    columnsToLanes(data + (<usize>c << 2), rows, row, plane, a);
    fft(columnPlan, a, scratch, b);
    for (let r: i32 = 0; r < rows; r++) {
      v128.store(data + (<usize>c << 2) + row * <usize>r, v128.load(b + (<usize>r << 5)));
    }
  }
}

// @ts-ignore: decorator
@inline
function columnsToLanes(first: usize, rows: i32, row: usize, plane: usize, lanes: usize): void {
  for (let r: i32 = 0; r < rows; r++) {
    const at = first + row * <usize>r;
    const to = lanes + (<usize>r << 5);
    v128.store(to, v128.load(at));
    v128.store(to, v128.load(at + plane), 16);
  }
}
