import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { agreement } from "../testing/golden.ts";
import { noise } from "../testing/noise.ts";
import { FftPlanner, fftRadices, smoothDft } from "./fftPlan.ts";
import { createKernels, type KernelInstance } from "./instance.ts";
import { ELEMENT_BYTES, ELEMENT_FLOATS, LANES, readLane } from "./lanes.ts";

/** Runs the same steps on the WASM kernels and on the twins and compares what they leave behind. */
function compare(
  steps: (kernels: KernelInstance, planner: FftPlanner) => { pointer: number; floats: number },
  least: number,
): number {
  const results = (["plain", "simd"] as const).map((kind) => {
    const kernels = createKernels(kind);
    const { pointer, floats } = steps(kernels, new FftPlanner(kernels));
    return kernels.f32(pointer, floats).slice();
  });
  const db = agreement(results[0], results[1]);
  expect(db).toBeGreaterThan(least);
  return db;
}

function place(kernels: KernelInstance, values: Float32Array): number {
  const pointer = kernels.allocate(values.byteLength);
  kernels.f32(pointer, values.length).set(values);
  return pointer;
}

describe("FFT in lanes", () => {
  const lengths = [
    1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 16, 20, 28, 43, 52, 73, 89, 97, 101, 292, 1636, 2016, 18060,
  ];

  it("equals the DFT in double for smooth, prime and mixed lengths, in every lane", () => {
    const kernels = createKernels();
    const planner = new FftPlanner(kernels);
    const reached: string[] = [];
    for (const n of lengths) {
      const plan = planner.plan(n);
      const input = kernels.allocate(n * ELEMENT_BYTES);
      const scratch = kernels.allocate(n * ELEMENT_BYTES);
      const output = kernels.allocate(n * ELEMENT_BYTES);
      kernels.f32(input, n * ELEMENT_FLOATS).set(noise(n * ELEMENT_FLOATS, n));
      kernels.exports.fft(plan, input, scratch, output);
      let worst = Number.POSITIVE_INFINITY;
      for (let lane = 0; lane < LANES; lane++) {
        const x = readLane(kernels.memory, input, n, lane);
        const y = readLane(kernels.memory, output, n, lane);
        const ref = smoothDft(x.re, x.im);
        worst = Math.min(worst, agreement([...ref.re, ...ref.im], [...y.re, ...y.im]));
      }
      reached.push(`${n}: ${worst.toFixed(1)}`);
      expect(worst, `length ${n}`).toBeGreaterThan(130);
    }
    console.log(`FFT against DFT in double, dB: ${reached.join(", ")}`);
  });

  it("is linear and keeps energy (Parseval) for any length up to 400", () => {
    const kernels = createKernels();
    const planner = new FftPlanner(kernels);
    const [input, scratch, output] = [0, 1, 2].map(() => kernels.allocate(400 * ELEMENT_BYTES));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 1e6 }), (n, seed) => {
        const values = noise(n * ELEMENT_FLOATS, seed);
        const plan = planner.plan(n);
        kernels.f32(input, values.length).set(values);
        kernels.exports.fft(plan, input, scratch, output);
        const once = kernels.f32(output, values.length).slice();
        const energyIn = values.reduce((sum, v) => sum + v * v, 0);
        const energyOut = once.reduce((sum, v) => sum + v * v, 0);
        expect(Math.abs(energyOut / n / energyIn - 1)).toBeLessThan(1e-5);
        kernels.f32(input, values.length).set(values.map((v) => -2 * v));
        kernels.exports.fft(plan, input, scratch, output);
        const scaled = kernels.f32(output, values.length);
        expect(
          agreement(
            once.map((v) => -2 * v),
            scaled,
          ),
        ).toBeGreaterThan(120);
      }),
      { numRuns: 60 },
    );
  });

  it("factors lengths into radices whose product is the length", () => {
    for (const n of lengths) expect(fftRadices(n).reduce((a, b) => a * b, 1)).toBe(n);
  });

  it("refuses lengths that are not positive whole numbers", () => {
    const planner = new FftPlanner(createKernels());
    expect(() => planner.plan(0)).toThrow(/positive whole length/);
    expect(() => planner.plan(2.5)).toThrow(/positive whole length/);
  });
});

describe("WASM kernels equal their plain twins", () => {
  it("loadSlices, one and two channels", () => {
    const db = [0, 1].map((second) =>
      compare((kernels) => {
        const x0 = place(kernels, noise(600, 1));
        const x1 = second ? place(kernels, noise(600, 2)) : 0;
        const window = place(kernels, noise(64, 3));
        const z = place(kernels, noise(68 * ELEMENT_FLOATS, 4));
        kernels.exports.loadSlices(x0, x1, window, 64, 6, 58, 32, z);
        return { pointer: z, floats: 64 * ELEMENT_FLOATS };
      }, 140),
    );
    console.log(`loadSlices: ${db.join(", ")} dB`);
  });

  it("overlapAdd, one to four slices", () => {
    for (let slices = 1; slices <= 4; slices++) {
      compare((kernels) => {
        const z = place(kernels, noise(64 * ELEMENT_FLOATS, 5));
        const y = place(kernels, noise(2 * 200, 6));
        kernels.exports.overlapAdd(z, 64, 32, slices, y, y + 800);
        return { pointer: y, floats: 400 };
      }, 140);
    }
  });

  it("analyseBin and synthesiseBin, windows across DC, inside, and across Nyquist", () => {
    for (const position of [0, 2, 40, 98, 100]) {
      const a = compare((kernels, planner) => {
        const z = place(kernels, noise(200 * ELEMENT_FLOATS, 7));
        const table = place(kernels, noise(28, 8));
        const work = kernels.allocate(96 * 28);
        const out = kernels.allocate(64 * 28);
        kernels.exports.analyseBin(
          planner.plan(28),
          z,
          200,
          position,
          28,
          table,
          work,
          out,
          out + 32 * 28,
        );
        return { pointer: out, floats: 2 * 28 * ELEMENT_FLOATS };
      }, 130);
      const s = compare((kernels, planner) => {
        const c = place(kernels, noise(2 * 28 * ELEMENT_FLOATS, 9));
        const table = place(kernels, noise(28, 10));
        const work = kernels.allocate(96 * 28);
        const z = kernels.allocate(200 * ELEMENT_BYTES);
        kernels.exports.synthesiseBin(
          planner.plan(28),
          c,
          c + 32 * 28,
          200,
          position,
          28,
          table,
          work,
          z,
        );
        return { pointer: z, floats: 200 * ELEMENT_FLOATS };
      }, 130);
      console.log(`bin at ${position}: analyse ${a.toFixed(1)} dB, synthesise ${s.toFixed(1)} dB`);
    }
  });

  it("frameMagnitudes, plain and advanced by one, with frames cut off", () => {
    for (const advance of [0, 1]) {
      for (const count of [8, 7, 5, 2, 1]) {
        compare((kernels) => {
          const c = place(kernels, noise(16 * ELEMENT_FLOATS, 11));
          const out = kernels.allocate(8 * 24 * 4);
          const gains = place(kernels, Float32Array.of(1, 0.25, 3, 7.5));
          kernels.exports.frameMagnitudes(c, 8, -0.3, 1.7, advance, out, 96, 4, count, gains);
          return { pointer: out, floats: 8 * 24 };
        }, 120);
      }
    }
  });

  it("applyMasks", () => {
    compare((kernels) => {
      const x = place(kernels, noise(16 * ELEMENT_FLOATS, 12));
      const masks = place(kernels, noise(4 * 2 * 8 * 40, 13));
      const out = kernels.allocate(4 * 16 * ELEMENT_BYTES);
      kernels.exports.applyMasks(x, masks + 8, 40 * 4, 8, 4, out, 16 * ELEMENT_BYTES);
      return { pointer: out, floats: 4 * 16 * ELEMENT_FLOATS };
    }, 140);
  });

  it.each([2, 4, 5])(
    "liftMasks and normaliseMasks of %i targets: nothing becomes even shares",
    (targets) => {
      compare((kernels) => {
        const masks = noise(targets * 24, 17).map(Math.abs);
        for (let j = 0; j < targets; j++) masks[24 * j + 5] = 0;
        const pointer = place(kernels, masks);
        kernels.exports.liftMasks(pointer, targets * 24);
        kernels.exports.normaliseMasks(pointer, 24, targets);
        const out = kernels.f32(pointer, targets * 24);
        for (let i = 0; i < 24; i++) {
          let sum = 0;
          for (let j = 0; j < targets; j++) sum += out[24 * j + i];
          expect(Math.abs(sum - 1)).toBeLessThan(3e-7);
        }
        expect(out[5]).toBeCloseTo(1 / targets, 6);
        return { pointer, floats: targets * 24 };
      }, 130);
    },
  );

  it.each([2, 4, 5])(
    "wienerStatistics and wienerFilter of %i targets, windows that cut through the lanes",
    (targets) => {
      for (const [first, window] of [
        [0, 5000],
        [-20, 30],
        [-3, 41],
        [10, 40],
        [-1000, 20],
      ]) {
        const run = (filter: boolean) => (kernels: KernelInstance) => {
          const { exports } = kernels;
          const x = place(kernels, noise(2 * 16 * ELEMENT_FLOATS, 14));
          const y = x + 16 * ELEMENT_BYTES;
          const masks = place(kernels, noise(targets * 2 * 8 * 40, 15).map(Math.abs));
          const size = 4 * targets + 2;
          const sums = kernels.allocate(size * 8);
          const power = kernels.allocate(targets * 16 * 16);
          exports.wienerStatistics(x, y, masks, 160, 8, first, window, 3, sums, power, targets);
          if (!filter) {
            const wide = kernels.f64(sums, size);
            const out = kernels.allocate(size * 4);
            kernels.f32(out, size).set(wide);
            kernels.f32(out, size)[0] += 1e-3;
            return { pointer: out, floats: size };
          }
          const r = [
            ...[0.5, 0.4, 0.1, 0.2, 0.3, 0.9, -0.2, 0.1, 0.7, 0.2, 0.0, 0.3, 0.6, 0.6, 0.5, -0.1],
            ...[0.2, 0.8, 0.1, 0.1],
          ].slice(0, 4 * targets);
          const spatial = kernels.allocate(8 * (r.length + 1));
          kernels.f64(spatial, r.length + 1).set([...r, 1e-3]);
          const out = place(kernels, noise(2 * targets * 16 * ELEMENT_FLOATS, 16));
          const work = kernels.allocate(64 * targets);
          exports.wienerFilter(x, y, power, 16, first, window, spatial, work, out, targets);
          return { pointer: out, floats: 2 * targets * 16 * ELEMENT_FLOATS };
        };
        const statistics = compare(run(false), 120);
        const filtered = compare(run(true), 110);
        console.log(
          `${targets} targets, window ${first}+${window}: statistics ${statistics.toFixed(1)} dB, ` +
            `filter ${filtered.toFixed(1)} dB`,
        );
      }
    },
  );
});
