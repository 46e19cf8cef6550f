import { expect, it } from "vitest";
import { agreement } from "../testing/golden.ts";
import { doubleNoise } from "../testing/noise.ts";
import { createKernels, type KernelInstance } from "./instance.ts";
import { NORMALS_BYTES, seedNormals } from "./normals.ts";

const count = 3001;

function noise(length: number, seed: number): Float64Array {
  let low = 0;
  return doubleNoise(length, seed).map((value) => {
    low = 0.7 * low + value;
    return low;
  });
}

function stored(kernels: KernelInstance, values: Float64Array): number {
  const pointer = kernels.allocate(8 * values.length);
  kernels.f64(pointer, values.length).set(values);
  return pointer;
}

function floats(kernels: KernelInstance, values: ArrayLike<number>): number {
  const pointer = kernels.allocate(4 * values.length);
  kernels.f32(pointer, values.length).set(values);
  return pointer;
}

/** Floats as doubles. */
function read(kernels: KernelInstance, pointer: number, length: number): Float64Array {
  return Float64Array.from(kernels.f32(pointer, length));
}

/** The same run by both kinds of kernels: arrays that must agree. */
function both(run: (kernels: KernelInstance) => readonly Float64Array[]): readonly number[] {
  const plain = run(createKernels("plain"));
  const simd = run(createKernels("simd"));
  return plain.map((values, i) => {
    expect(values.some((value) => value !== 0)).toBe(true);
    return agreement(values, simd[i]);
  });
}

/** Rows of two lanes each. */
function rows(kernels: KernelInstance, values: readonly (readonly [number, number])[]): number {
  return stored(kernels, Float64Array.from(values.flat()));
}

function filters(kernels: KernelInstance): number {
  const [a, b] = [0.97, 0.8];
  const gain = (p: number) => (2 * (1 - p) ** 4) / (1 + 4 * p + 4 * p * p);
  const both = (x: number): [number, number] => [x, x];
  return rows(kernels, [
    [a, b],
    [4 * a, 4 * b],
    [4 * a * a, 4 * b * b],
    [gain(a), gain(b)],
    ...[Math.cos(0.1), Math.sin(0.1), Math.cos(25.6), Math.sin(25.6), 0].map(both),
    [10 ** 5.4, 10 ** 1.6],
    [10 ** 7, 10 ** 5.6],
    [1, 0.2],
    [-0.33, -0.17],
    both(0.095),
    both(0.81),
    ...new Array(1500).fill(both(0)),
  ]);
}

it("gammatone filters, compression and hair cells agree with their twins", () => {
  const decibels = both((kernels) => {
    const f = filters(kernels);
    const [x, y] = [floats(kernels, noise(count, 1)), floats(kernels, noise(count, 2))];
    const arrays = [0, 1, 2, 3].map(() => floats(kernels, new Float64Array(count)));
    const [e0, e1, m0, m1] = arrays;
    const found: Float64Array[] = [];
    const keep = () => {
      for (const pointer of arrays) found.push(read(kernels, pointer, count));
    };
    kernels.exports.gammatonePowers(f, x, y, count, e0, e1);
    found.push(kernels.f64(f + 128, 2).slice());
    for (const pointer of [e0, e1]) found.push(read(kernels, pointer, count));
    kernels.exports.gammatoneBands(f, x, y, count, e0, e1, m0, m1);
    keep();
    for (const row of [8, 15, 16]) found.push(kernels.f64(f + 16 * row, 2).slice());
    const cells = rows(kernels, [
      [10 ** 4.2, 10 ** 2.5],
      [1e-6, 1e-4],
      ...new Array(300).fill([0, 0]),
    ]);
    // In two calls: the states go on.
    const rest = count - 1000;
    const [u, v] = [floats(kernels, noise(1000, 3)), floats(kernels, noise(1000, 4))];
    kernels.exports.hairCells(cells, e0, e1, m0, m1, u, v, 1000);
    const [f0, f1, n0, n1] = [e0, e1, m0, m1].map((pointer) => pointer + 4000);
    kernels.exports.hairCells(cells, f0, f1, n0, n1, 0, 0, rest);
    keep();
    return found;
  });
  console.log(`the ear's kernels: ${Math.min(...decibels).toFixed(1)} dB at least`);
  for (const db of decibels) expect(db).toBeGreaterThan(130);
});

it("smoothing, tiles and products agree with their twins", () => {
  const decibels = both((kernels) => {
    const hann = (length: number) =>
      Float64Array.from(
        { length },
        (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / (length - 1)),
      );
    const windows = [hann(384), hann(384).subarray(192), hann(384).subarray(0, 192)];
    const energy = (w: Float64Array) => 1 / w.reduce((sum, value) => sum + value * value, 0);
    const tables = stored(
      kernels,
      Float64Array.from([
        ...windows.map(energy),
        ...windows.flatMap((w) =>
          Array.from({ length: 49 }, (_, j) => energy(w) * (1 + Math.abs(j - 24) / 100)),
        ),
        ...new Array(1000).fill(0),
      ]),
    );
    kernels.f32(tables + 8 * 150, 384).set(windows[0]);
    const [x, other] = [noise(count, 3), noise(count, 4)];
    const y = x.map((value, i) => 0.6 * (x[i + 5] ?? 0) + 0.3 * other[i] - 0.1 * value);
    const [px, py] = [floats(kernels, x), floats(kernels, y)];
    const [powers, covariances, smooth] = [0, 1, 2].map(() =>
      floats(kernels, new Float64Array(64)),
    );
    const products = stored(kernels, new Float64Array(4));
    kernels.exports.tileCovariances(px, py, count, tables, 0, powers, covariances);
    kernels.exports.smoothEnvelope(px, count, floats(kernels, hann(192)), 96, smooth);
    kernels.exports.laggedProducts(px, py, count - 3, products);
    return [
      ...[powers, covariances, smooth].map((pointer) => read(kernels, pointer, 64)),
      kernels.f64(products, 4).slice(),
    ];
  });
  console.log(
    `smoothing, tiles and products: ${decibels.map((db) => db.toFixed(1)).join(", ")} dB`,
  );
  for (const db of decibels) expect(db).toBeGreaterThan(120);
  expect(decibels[3]).toBeGreaterThan(200);
});

it("correlations by blocks agree with their twins", () => {
  const n = 64;
  const decibels = both((kernels) => {
    const [a, b] = [floats(kernels, noise(200, 5)), floats(kernels, noise(200, 6))];
    const [p, r] = [kernels.allocate(32 * n), kernels.allocate(32 * n)];
    const sums = kernels.allocate(64 * (n / 2 + 1));
    // One begins before the signals, both end after them.
    kernels.exports.gatherBlocks(a, b, 200, 0, 60, 30, n, 0.5, 2, p);
    kernels.exports.gatherBlocks(b, a, 200, -7, 60, n, n, 1, 1, r);
    kernels.exports.addBlockProducts(p, r, n, sums);
    kernels.exports.addBlockProducts(r, p, n, sums);
    return [
      read(kernels, p, 8 * n),
      read(kernels, r, 8 * n),
      read(kernels, sums, 16 * (n / 2 + 1)),
    ];
  });
  for (const db of decibels) expect(db).toBeGreaterThan(120);
});

it("normal numbers agree with their twin, however they are drawn", () => {
  const decibels = both((kernels) => {
    const state = kernels.allocate(NORMALS_BYTES);
    seedNormals(kernels.memory.buffer, state, 42);
    const out = floats(kernels, new Float64Array(200000));
    kernels.exports.normals(state, 0, 701);
    kernels.exports.normals(state, 0, 300000);
    kernels.exports.normals(state, out, 1000);
    kernels.exports.normals(state, out + 4000, 1);
    kernels.exports.normals(state, 0, 1);
    kernels.exports.normals(state, out + 4004, 198999);
    return [read(kernels, out, 200000), Float64Array.from(kernels.bytes(state, NORMALS_BYTES - 8))];
  });
  console.log(`normal numbers: ${decibels[0].toFixed(1)} dB`);
  expect(decibels[0]).toBeGreaterThan(130);
  // The state is the same, bit for bit.
  expect(decibels[1]).toBe(Number.POSITIVE_INFINITY);
});
