import { describe, expect, it } from "vitest";
import { agreement } from "../testing/golden.ts";
import { noise } from "../testing/noise.ts";
import { createKernels } from "./instance.ts";

const bins = 2;
const half = 5;
const frames = 6;
/** Numbers per position of the tables: sums, the spatial model, errors and weights. */
const MOMENTS = 16;
const SPATIAL = 17;
const ERRORS = 5;

/** Every kernel once on one bin and window of noise; all that they leave behind. */
function run(
  kind: "simd" | "plain",
  { items, first, window }: { items: number; first: number; window: number },
  given: { weights: boolean; byStems: boolean },
) {
  const kernels = createKernels(kind);
  const { exports } = kernels;
  const period = items % 2 === 0 ? items : 2 * items;
  const plane = half * bins * frames * items;
  const place = (values: Float32Array) => {
    const pointer = kernels.allocate(values.byteLength);
    kernels.f32(pointer, values.length).set(values);
    return pointer;
  };
  const table = (n: number) => kernels.allocate(8 * n * period);
  const angles = noise(plane, 3);
  const arrays = {
    magnitude: place(noise(2 * plane, 2).map(Math.abs)),
    cosine: place(angles.map((angle) => Math.cos(3 * angle))),
    sine: place(angles.map((angle) => Math.sin(3 * angle))),
    inPhase: place(noise(8 * plane, 4)),
    quadrature: place(noise(8 * plane, 5)),
    masks: place(noise(8 * plane, 6).map(Math.abs)),
    real: place(noise(8 * plane, 7)),
    imaginary: place(noise(8 * plane, 8)),
    byReal: given.byStems ? place(noise(8 * plane, 9)) : 0,
    byImaginary: given.byStems ? place(noise(8 * plane, 10)) : 0,
    gradient: place(noise(8 * plane, 11)),
  };
  const [sums, spatial, errors, weights, moments, slopes] = [
    table(MOMENTS),
    table(SPATIAL),
    table(ERRORS),
    table(ERRORS),
    table(MOMENTS),
    table(MOMENTS),
  ];
  // R of every position: some Hermitian matrix, and ρ.
  const numbers = noise(SPATIAL * period, 12);
  kernels.f64(spatial, SPATIAL * period).set(
    numbers.map((value, i) => {
      const k = Math.floor((i >> 1) % SPATIAL);
      return k === SPATIAL - 1 ? 0.1 : k % 4 < 2 ? 1 + 0.5 * value : 0.3 * value;
    }),
  );
  kernels.f64(weights, ERRORS * period).set(noise(ERRORS * period, 13));
  kernels.f64(slopes, MOMENTS * period).set(noise(MOMENTS * period, 14));
  const layout = kernels.allocate(64);
  kernels.i32(layout, 16).set([bins, half, frames, items, period, ...Object.values(arrays)]);
  const work = kernels.allocate(400);
  const bin = 1;
  exports.turnedStatistics(layout, bin, first, window, sums);
  const weighted = given.weights ? weights : 0;
  exports.turnedFilter(layout, bin, first, window, spatial, weighted, errors, moments, work);
  const powers = kernels.f32(arrays.gradient, 8 * plane).slice();
  exports.turnedGradient(layout, bin, first, window, slopes);
  return {
    sums: kernels.f64(sums, MOMENTS * period).slice(),
    errors: kernels.f64(errors, ERRORS * period).slice(),
    moments: kernels.f64(moments, MOMENTS * period).slice(),
    stems: [...kernels.f32(arrays.real, 8 * plane), ...kernels.f32(arrays.imaginary, 8 * plane)],
    "gradient by powers": powers,
    "gradient by masks": kernels.f32(arrays.gradient, 8 * plane).slice(),
  };
}

describe("Wiener-EM for training: WASM kernels equal their plain twins", () => {
  it.each([1, 2, 3, 4])("%i items, windows that cut through the slices", (items) => {
    for (const [first, window] of [
      [0, 5000],
      [0, 7],
      [7, 7],
      [28, 14],
      [26, 3],
    ]) {
      for (const given of [
        { weights: true, byStems: true },
        { weights: true, byStems: false },
        { weights: false, byStems: true },
      ]) {
        const [plain, simd] = (["plain", "simd"] as const).map(
          (kind): Readonly<Record<string, ArrayLike<number>>> =>
            run(kind, { items, first, window }, given),
        );
        const reached = Object.entries(plain).map(([name, values]) => {
          const db = agreement(values, simd[name]);
          expect(db, name).toBeGreaterThan(130);
          return `${name} ${db.toFixed(0)}`;
        });
        if (given.weights && given.byStems) {
          console.log(`${items} items, window ${first}+${window}, dB: ${reached.join(", ")}`);
        }
      }
    }
  });
});
