/**
 * Solves symmetric positive (semi)definite block Toeplitz systems by the block Levinson recursion (Whittle 1963,
 * Akaike 1973): O(n²m³) instead of the O(n³m³) of elimination.
 *
 * Music makes these systems as good as singular (nothing above 16 kHz, equal channels, silent stems). So the diagonal
 * is loaded a little; how little is found by trying: rounding must not have eaten the pivots, and the residual must be
 * small.
 */

/** Σₗ T[k−l]·x[l] = d[k] for k = 0 … n−1, with blocks of m×m and several right-hand sides. */
export interface BlockToeplitz {
  readonly n: number;
  readonly m: number;
  /** Element (i, j) of T[k] lies at `lags[i][j][k + n − 1]`, |k| < n; T[−k] is the transpose of T[k]. */
  readonly lags: readonly (readonly Float64Array[])[];
}

/** Diagonal loadings to try, relative to a unit diagonal. */
const LOADINGS = [0, 1e-13, 1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6];

/** Relative residual that is good enough. */
const RESIDUAL = 1e-8;

/** A pivot may fall this far below the loading, which bounds it in exact arithmetic. */
const PIVOT_SLACK = 0.5;

/** Smallest pivot that is taken for more than rounding. */
const LEAST_PIVOT = 1e-13;

/**
 * Solves the system for all right-hand sides.
 *
 * The unknowns are scaled so that the diagonal of T[0] is 1 (0 stays 0, and so do its unknowns).
 * @param right `right[e][i][k]`: element i of d[k] of the right-hand side e.
 * @returns x in the same layout.
 */
export function solveBlockToeplitz(
  system: BlockToeplitz,
  right: readonly (readonly Float64Array[])[],
): Float64Array[][] {
  const { n, m, lags } = system;
  const scale = Float64Array.from({ length: m }, (_, i) => {
    const power = lags[i][i][n - 1];
    return power > 0 ? 1 / Math.sqrt(power) : 0;
  });
  const scaled: BlockToeplitz = {
    n,
    m,
    lags: lags.map((row, i) => row.map((r, j) => r.map((x) => x * scale[i] * scale[j]))),
  };
  const d = right.map((rows) => {
    const flat = new Float64Array(n * m);
    for (let k = 0; k < n; k++) for (let i = 0; i < m; i++) flat[k * m + i] = rows[i][k] * scale[i];
    return flat;
  });
  const x = solveScaled(scaled, d);
  return x.map((flat) =>
    Array.from({ length: m }, (_, i) =>
      Float64Array.from({ length: n }, (__, k) => flat[k * m + i] * scale[i]),
    ),
  );
}

function solveScaled(system: BlockToeplitz, d: readonly Float64Array[]): Float64Array[] {
  let best: Float64Array[] = d.map((column) => new Float64Array(column.length));
  let least = Number.POSITIVE_INFINITY;
  for (const loading of LOADINGS) {
    const recursion = new Levinson(system, d, loading);
    if (!recursion.run()) continue;
    const residual = recursion.residual();
    if (residual < least) [best, least] = [recursion.solutions, residual];
    if (residual < RESIDUAL) break;
  }
  return best;
}

/** One run of the recursion. Vectors are flat, block by block; matrices are arrays of columns. */
class Levinson {
  readonly #n: number;
  readonly #m: number;
  readonly #loading: number;
  readonly #d: readonly Float64Array[];
  /** Row i of T[n−1] T[n−2] … T[0] T[−1] … T[1−n], side by side. */
  readonly #rows: readonly Float64Array[];
  /** Columns of the forward predictor, and of the backward one, which grows towards the at. */
  readonly #forward: readonly Float64Array[];
  readonly #backward: readonly Float64Array[];
  readonly solutions: Float64Array[];

  constructor(system: BlockToeplitz, d: readonly Float64Array[], loading: number) {
    const { n, m, lags } = system;
    this.#n = n;
    this.#m = m;
    this.#loading = loading;
    this.#d = d;
    this.#rows = lags.map((row, i) => {
      const flat = new Float64Array((2 * n - 1) * m);
      for (let j = 0; j < m; j++) {
        for (let k = 1 - n; k < n; k++) flat[(n - 1 - k) * m + j] = row[j][k + n - 1];
      }
      // Empty rows get a pivot of their own: their unknowns become 0.
      const pivot = (n - 1) * m + i;
      flat[pivot] = flat[pivot] === 0 ? 1 : flat[pivot] + loading;
      return flat;
    });
    const columns = (length: number) => Array.from({ length: m }, () => new Float64Array(length));
    this.#forward = columns(n * m);
    this.#backward = columns(n * m);
    this.solutions = d.map(() => new Float64Array(n * m));
  }

  /** False when rounding made the matrix indefinite. */
  run(): boolean {
    const [n, m] = [this.#n, this.#m];
    const [A, B, rows] = [this.#forward, this.#backward, this.#rows];
    // The backward predictor of order N lies in the last N blocks.
    for (let i = 0; i < m; i++) {
      A[i][0 + i] = 1;
      B[i][(n - 1) * m + i] = 1;
    }
    const first = rows.map((row) => row.slice((n - 1) * m, n * m));
    let Ef: readonly Float64Array[] = first;
    let Eb: readonly Float64Array[] = first.map((row) => row.slice());
    let factor = cholesky(Eb);
    if (!factor || !this.#sound(factor)) return false;
    this.solutions.forEach((x, e) => {
      const y = solveCholesky(factor ?? [], this.#d[e].slice(0, m));
      for (let i = 0; i < m; i++) x[i] = y[i];
    });
    for (let N = 1; N < n; N++) {
      const length = N * m;
      // Where T[N] begins, and the backward predictor of N+1 blocks, a zero block in at of the one of N.
      const at = (n - 1 - N) * m;
      // What the forward predictor, extended by zero, leaves at block N: Σₗ T[N−l]·A[l].
      const gap = products(rows, at, A, 0, length);
      const forwardFactor = cholesky(Ef);
      const backwardFactor = cholesky(Eb);
      if (!forwardFactor || !backwardFactor) return false;
      // KA = Eb⁻¹·gap, KB = Ef⁻¹·gapᵀ, by columns.
      const KA = A.map((_, k) =>
        solveCholesky(
          backwardFactor,
          Float64Array.from(gap, (g) => g[k]),
        ),
      );
      const KB = gap.map((row) => solveCholesky(forwardFactor, row));
      const ends = length + m;
      // Both updates use the old predictors: A ← A − B·KA, B ← B − A·KB.
      const oldA = A.map((column) => column.slice(0, ends));
      for (let k = 0; k < m; k++) subtract(A[k], 0, B, at, KA[k], ends);
      for (let k = 0; k < m; k++) subtract(B[k], at, oldA, 0, KB[k], ends);
      // Ef ← Ef − gapᵀ·KA, Eb ← Eb − gap·KB.
      Ef = reduced(Ef, (i, k) => sum(m, (q) => gap[q][i] * KA[k][q]));
      Eb = reduced(Eb, (i, k) => sum(m, (q) => gap[i][q] * KB[k][q]));
      factor = cholesky(Eb);
      if (!factor || !this.#sound(factor)) return false;
      const reached = products(rows, at, this.solutions, 0, length);
      for (let e = 0; e < this.solutions.length; e++) {
        const left = Float64Array.from(reached, (row, i) => this.#d[e][N * m + i] - row[e]);
        const y = solveCholesky(factor, left);
        subtract(
          this.solutions[e],
          0,
          B,
          at,
          y.map((v) => -v),
          ends,
        );
      }
    }
    return true;
  }

  /** In exact arithmetic no pivot is below the loading. */
  #sound(factor: readonly Float64Array[]): boolean {
    const least = Math.max(PIVOT_SLACK * this.#loading, LEAST_PIVOT);
    return factor.every((row, i) => row[i] * row[i] >= least);
  }

  /** Largest relative residual ‖d − T·x‖/‖d‖ of all right-hand sides, T with its loading. */
  residual(): number {
    const [n, m] = [this.#n, this.#m];
    const error = this.solutions.map(() => 0);
    for (let k = 0; k < n; k++) {
      const reached = products(this.#rows, (n - 1 - k) * m, this.solutions, 0, n * m);
      reached.forEach((row, i) => {
        row.forEach((value, e) => {
          error[e] += (this.#d[e][k * m + i] - value) ** 2;
        });
      });
    }
    return Math.max(
      ...error.map((square, e) => {
        const power = this.#d[e].reduce((sum, x) => sum + x * x, 0);
        return power > 0 ? Math.sqrt(square / power) : 0;
      }),
    );
  }
}

/** Inner products of all rows with all columns, two by two, so that every number loaded is used twice. */
function products(
  rows: readonly Float64Array[],
  atRow: number,
  columns: readonly Float64Array[],
  atColumn: number,
  count: number,
): Float64Array[] {
  const out = rows.map(() => new Float64Array(columns.length));
  for (let i = 0; i < rows.length; i += 2) {
    const i2 = Math.min(i + 1, rows.length - 1);
    const [a, b] = [rows[i], rows[i2]];
    for (let k = 0; k < columns.length; k += 2) {
      const k2 = Math.min(k + 1, columns.length - 1);
      const [c, d] = [columns[k], columns[k2]];
      let ac = 0;
      let ad = 0;
      let bc = 0;
      let bd = 0;
      for (let q = 0; q < count; q++) {
        const x = a[atRow + q];
        const y = b[atRow + q];
        const z = c[atColumn + q];
        const w = d[atColumn + q];
        ac += x * z;
        ad += x * w;
        bc += y * z;
        bd += y * w;
      }
      out[i][k] = ac;
      out[i][k2] = ad;
      out[i2][k] = bc;
      out[i2][k2] = bd;
    }
  }
  return out;
}

/** target −= Σᵢ columns[i]·factors[i] */
function subtract(
  target: Float64Array,
  at: number,
  columns: readonly Float64Array[],
  from: number,
  factors: Float64Array,
  count: number,
): void {
  let c = 0;
  for (; c + 3 < columns.length; c += 4) {
    const [p, q, r, s] = [columns[c], columns[c + 1], columns[c + 2], columns[c + 3]];
    const [fp, fq, fr, fs] = [factors[c], factors[c + 1], factors[c + 2], factors[c + 3]];
    for (let i = 0; i < count; i++) {
      const j = from + i;
      target[at + i] -= p[j] * fp + q[j] * fq + (r[j] * fr + s[j] * fs);
    }
  }
  for (; c < columns.length; c++) {
    const a = columns[c];
    const fa = factors[c];
    for (let i = 0; i < count; i++) target[at + i] -= a[from + i] * fa;
  }
}

function sum(count: number, term: (q: number) => number): number {
  let total = 0;
  for (let q = 0; q < count; q++) total += term(q);
  return total;
}

/** Symmetric part of matrix − change. */
function reduced(
  matrix: readonly Float64Array[],
  change: (i: number, k: number) => number,
): Float64Array[] {
  return matrix.map((row, i) =>
    row.map((x, k) => 0.5 * (x + matrix[k][i] - change(i, k) - change(k, i))),
  );
}

/** Rows of the lower factor, or undefined if the matrix is not positive definite. */
function cholesky(matrix: readonly Float64Array[]): Float64Array[] | undefined {
  const factor = matrix.map((row) => new Float64Array(row.length));
  for (let i = 0; i < matrix.length; i++) {
    for (let j = 0; j <= i; j++) {
      let x = matrix[i][j];
      for (let q = 0; q < j; q++) x -= factor[i][q] * factor[j][q];
      if (i !== j) factor[i][j] = x / factor[j][j];
      else if (x > 0) factor[i][i] = Math.sqrt(x);
      else return undefined;
    }
  }
  return factor;
}

function solveCholesky(factor: readonly Float64Array[], right: Float64Array): Float64Array {
  const x = right.slice();
  for (let i = 0; i < x.length; i++) {
    for (let q = 0; q < i; q++) x[i] -= factor[i][q] * x[q];
    x[i] /= factor[i][i];
  }
  for (let i = x.length - 1; i >= 0; i--) {
    for (let q = i + 1; q < x.length; q++) x[i] -= factor[q][i] * x[q];
    x[i] /= factor[i][i];
  }
  return x;
}
