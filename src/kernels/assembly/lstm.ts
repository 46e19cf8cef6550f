/**
 * The recurrent part of a layer of long short-term memory in training, forward and back; what does not depend on the step
 * before is matrix products over all steps, made elsewhere (docs/mathematics.md, 7.5).
 *
 * Arrays lie [step, item, unit], gates [step, item, 4·units] in the order i, f, g, o. Hidden numbers and cells have one step
 * more: what lies before the first one, zeros or what the steps before left. In the order of time that is block 0, in the
 * reverse order the last block. Units are a multiple of 4.
 *
 * Matrices of weights lie in panels of eight columns, a last one perhaps of four: all rows of a panel, one after the other, so
 * that what a product reads of them lies together.
 */
import { exponential } from "./exponential";

/** Beyond it e^x is taken as there. */
const LIMIT: f32 = 80;

// @ts-ignore: decorator
@inline
function limited(x: v128): v128 {
  return f32x4.min(f32x4.max(x, f32x4.splat(-LIMIT)), f32x4.splat(LIMIT));
}

// @ts-ignore: decorator
@inline
function sigmoid(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exponential(f32x4.neg(limited(x)))));
}

/** (1 − e^−2x)/(1 + e^−2x). */
// @ts-ignore: decorator
@inline
function tanh(x: v128): v128 {
  const one = f32x4.splat(1);
  const e = exponential(limited(f32x4.mul(x, f32x4.splat(-2))));
  return f32x4.div(f32x4.sub(one, e), f32x4.add(one, e));
}

// @ts-ignore: decorator
@inline
function madd(sum: v128, a: v128, b: v128): v128 {
  return f32x4.add(sum, f32x4.mul(a, b));
}

/** Four rows of {@link addProduct}, a panel at a time. */
function fourRows(a: usize, b: usize, c: usize, depth: usize, columns: usize): void {
  const inRow = depth * 4;
  const row = columns * 4;
  let column: usize = 0;
  let m = b;
  for (; column + 8 <= columns; column += 8) {
    let from = a;
    const to = c + column * 4;
    let s00 = v128.load(to);
    let s01 = v128.load(to, 16);
    let s10 = v128.load(to + row);
    let s11 = v128.load(to + row, 16);
    let s20 = v128.load(to + 2 * row);
    let s21 = v128.load(to + 2 * row, 16);
    let s30 = v128.load(to + 3 * row);
    let s31 = v128.load(to + 3 * row, 16);
    for (const end = a + inRow; from < end; from += 4, m += 32) {
      const m0 = v128.load(m);
      const m1 = v128.load(m, 16);
      const x0 = v128.load32_splat(from);
      s00 = madd(s00, x0, m0);
      s01 = madd(s01, x0, m1);
      const x1 = v128.load32_splat(from + inRow);
      s10 = madd(s10, x1, m0);
      s11 = madd(s11, x1, m1);
      const x2 = v128.load32_splat(from + 2 * inRow);
      s20 = madd(s20, x2, m0);
      s21 = madd(s21, x2, m1);
      const x3 = v128.load32_splat(from + 3 * inRow);
      s30 = madd(s30, x3, m0);
      s31 = madd(s31, x3, m1);
    }
    v128.store(to, s00);
    v128.store(to, s01, 16);
    v128.store(to + row, s10);
    v128.store(to + row, s11, 16);
    v128.store(to + 2 * row, s20);
    v128.store(to + 2 * row, s21, 16);
    v128.store(to + 3 * row, s30);
    v128.store(to + 3 * row, s31, 16);
  }
  if (column < columns) {
    for (let r: usize = 0; r < 4; r++) onePanel(a + r * inRow, m, c + r * row + column * 4, depth, 4);
  }
}

/** One row of {@link addProduct} and one panel of `width` columns. */
function onePanel(a: usize, panel: usize, c: usize, depth: usize, width: usize): void {
  for (let column: usize = 0; column < width * 4; column += 16) {
    let m = panel + column;
    let sum = v128.load(c + column);
    for (let from = a, end = a + depth * 4; from < end; from += 4, m += width * 4) {
      sum = madd(sum, v128.load32_splat(from), v128.load(m));
    }
    v128.store(c + column, sum);
  }
}

/** One row of {@link addProduct}. */
function oneRow(a: usize, b: usize, c: usize, depth: usize, columns: usize): void {
  for (let column: usize = 0; column < columns; column += 8) {
    onePanel(a, b + column * depth * 4, c + column * 4, depth, min<usize>(8, columns - column));
  }
}

/** c[rows, columns] += a[rows, depth]·b[depth, columns], b in panels. */
function addProduct(a: usize, b: usize, c: usize, rows: i32, depth: usize, columns: usize): void {
  let r = 0;
  for (; r + 4 <= rows; r += 4, a += depth * 16, c += columns * 16) fourRows(a, b, c, depth, columns);
  for (; r < rows; r++, a += depth * 4, c += columns * 4) oneRow(a, b, c, depth, columns);
}

/**
 * gates: products of the inputs with biases; they become the gates themselves. recurrent: the recurrent weights transposed,
 * [units, 4·units], in panels. hidden, cells: their first block (see above) is read, the others are written.
 */
export function lstmForward(
  gates: usize, recurrent: usize, hidden: usize, cells: usize, steps: i32, items: i32, units: i32, reverse: i32,
): void {
  const block = <usize>(items * units) * 4;
  const gateRow = <usize>units * 4;
  for (let step = 0; step < steps; step++) {
    const t = reverse ? steps - 1 - step : step;
    const before = <usize>(reverse ? t + 1 : t) * block;
    const after = <usize>(reverse ? t : t + 1) * block;
    const own = gates + <usize>t * block * 4;
    addProduct(hidden + before, recurrent, own, items, <usize>units, <usize>units * 4);
    for (let item = 0; item < items; item++) {
      const g = own + <usize>item * gateRow * 4;
      const row = <usize>item * gateRow;
      for (let u: usize = 0; u < gateRow; u += 16) {
        const i = sigmoid(v128.load(g + u));
        const f = sigmoid(v128.load(g + gateRow + u));
        const n = tanh(v128.load(g + 2 * gateRow + u));
        const o = sigmoid(v128.load(g + 3 * gateRow + u));
        const c = f32x4.add(f32x4.mul(f, v128.load(cells + before + row + u)), f32x4.mul(i, n));
        v128.store(g + u, i);
        v128.store(g + gateRow + u, f);
        v128.store(g + 2 * gateRow + u, n);
        v128.store(g + 3 * gateRow + u, o);
        v128.store(cells + after + row + u, c);
        v128.store(hidden + after + row + u, f32x4.mul(o, tanh(c)));
      }
    }
  }
}

/**
 * The way back. gates: what {@link lstmForward} left; they become the gradient by what they were of. recurrent: the weights as
 * they are, [4·units, units], in panels. byHidden: the gradient by the hidden numbers of all steps, without what flows through later
 * steps. work: two blocks.
 */
export function lstmBack(
  gates: usize, recurrent: usize, cells: usize, byHidden: usize, work: usize,
  steps: i32, items: i32, units: i32, reverse: i32,
): void {
  const block = <usize>(items * units) * 4;
  const gateRow = <usize>units * 4;
  const one = f32x4.splat(1);
  const byState = work;
  const byCell = work + block;
  memory.fill(work, 0, 2 * block);
  for (let step = steps - 1; step >= 0; step--) {
    const t = reverse ? steps - 1 - step : step;
    const before = cells + <usize>(reverse ? t + 1 : t) * block;
    const after = cells + <usize>(reverse ? t : t + 1) * block;
    const own = gates + <usize>t * block * 4;
    const given = byHidden + <usize>t * block;
    for (let item = 0; item < items; item++) {
      const g = own + <usize>item * gateRow * 4;
      const row = <usize>item * gateRow;
      for (let u: usize = 0; u < gateRow; u += 16) {
        const i = v128.load(g + u);
        const f = v128.load(g + gateRow + u);
        const n = v128.load(g + 2 * gateRow + u);
        const o = v128.load(g + 3 * gateRow + u);
        const bent = tanh(v128.load(after + row + u));
        const dh = f32x4.add(v128.load(given + row + u), v128.load(byState + row + u));
        const dc = f32x4.add(
          v128.load(byCell + row + u),
          f32x4.mul(f32x4.mul(dh, o), f32x4.sub(one, f32x4.mul(bent, bent))),
        );
        const di = f32x4.mul(f32x4.mul(dc, n), f32x4.mul(i, f32x4.sub(one, i)));
        const df = f32x4.mul(
          f32x4.mul(dc, v128.load(before + row + u)),
          f32x4.mul(f, f32x4.sub(one, f)),
        );
        const dn = f32x4.mul(f32x4.mul(dc, i), f32x4.sub(one, f32x4.mul(n, n)));
        const dO = f32x4.mul(f32x4.mul(dh, bent), f32x4.mul(o, f32x4.sub(one, o)));
        v128.store(g + u, di);
        v128.store(g + gateRow + u, df);
        v128.store(g + 2 * gateRow + u, dn);
        v128.store(g + 3 * gateRow + u, dO);
        v128.store(byCell + row + u, f32x4.mul(dc, f));
      }
    }
    memory.fill(byState, 0, block);
    addProduct(own, recurrent, byState, items, <usize>units * 4, <usize>units);
  }
}
