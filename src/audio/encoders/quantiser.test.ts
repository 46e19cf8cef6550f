import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { noiseSource } from "../../testing/noise.ts";
import { Quantiser } from "./quantiser.ts";

function quantised(
  bits: 16 | 24,
  samples: Float32Array,
  { seed = 1, channel = 0, cuts = [] as readonly number[] } = {},
): Int32Array {
  const quantiser = new Quantiser(bits, channel + 1, seed);
  const out = new Int32Array(samples.length);
  const places = [0, ...cuts, samples.length];
  for (let i = 1; i < places.length; i++) {
    quantiser.run(channel, samples, places[i - 1], places[i] - places[i - 1], out, places[i - 1]);
  }
  return out;
}

const mean = (values: ArrayLike<number>) =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
const correlation = (a: readonly number[], b: readonly number[]) =>
  mean(a.map((value, i) => value * b[i])) /
  Math.sqrt(mean(a.map((v) => v ** 2)) * mean(b.map((v) => v ** 2)));

/** Errors of dithered samples, in steps. */
function errors(samples: Float32Array, options: { seed?: number; channel?: number } = {}) {
  const numbers = quantised(16, samples, options);
  return Array.from(numbers, (number, i) => number - samples[i] * 32768);
}

const length = 60_000;
const noise = noiseSource(5);
const loud = Float32Array.from({ length }, () => 0.9 * noise());

describe("Quantiser", () => {
  it("keeps whole numbers of steps as they are, silence first of all", () => {
    for (const bits of [16, 24] as const) {
      const full = 2 ** (bits - 1);
      fc.assert(
        fc.property(
          fc.array(fc.integer({ min: -full, max: full - 1 })),
          fc.integer(),
          (numbers, seed) => {
            const samples = Float32Array.from(numbers, (number) => number / full);
            expect([...quantised(bits, samples, { seed })]).toEqual(numbers);
          },
        ),
      );
      expect(quantised(bits, new Float32Array(1000)).every((number) => number === 0)).toBe(true);
    }
  });

  it("rounds to 24 bits and clamps", () => {
    const samples = Float32Array.from(loud);
    samples.set([1, -1, 1.5, -1.5, 3e38, -3e38, -0]);
    const numbers = quantised(24, samples);
    expect([...numbers.subarray(0, 7)]).toEqual([
      8388607, -8388608, 8388607, -8388608, 8388607, -8388608, 0,
    ]);
    for (let i = 7; i < length; i++) {
      if (numbers[i] !== Math.round(samples[i] * 8388608)) expect.unreachable(`sample ${i}`);
    }
  });

  it("clamps dithered samples", () => {
    const samples = Float32Array.from([1, -1, 0.999999, -0.999999, 7.7, -7.7, 3e38, -3e38]);
    for (let seed = 0; seed < 50; seed++) {
      const numbers = quantised(16, samples, { seed });
      expect([...numbers.subarray(0, 2)]).toEqual([32767, -32768]);
      expect([...numbers.subarray(4)]).toEqual([32767, -32768, 32767, -32768]);
      expect(Math.min(...numbers)).toBeGreaterThanOrEqual(-32768);
      expect(Math.max(...numbers)).toBeLessThanOrEqual(32767);
    }
  });

  it("leaves the same noise at every level: mean 0, a quarter of a squared step", () => {
    // Of a level between two steps the error would be constant without dither.
    for (const level of [0.01, 0.25, 0.5, 0.75, 0.99]) {
      const error = errors(new Float32Array(length).fill(level / 32768));
      // Five standard deviations of the estimates.
      expect(Math.abs(mean(error))).toBeLessThan((5 * 0.5) / Math.sqrt(length));
      expect(Math.abs(mean(error.map((e) => e ** 2)) - 0.25)).toBeLessThan(0.004);
    }
  });

  it("has errors of the distribution that triangular dither gives", () => {
    const error = errors(loud);
    expect(error.every((e) => Math.abs(e) <= 1.5)).toBe(true);
    // That of the sum of three uniform numbers, each of one step.
    expect(mean(error.map((e) => e ** 2))).toBeCloseTo(1 / 4, 2);
    expect(mean(error.map((e) => e ** 4))).toBeCloseTo(13 / 80, 2);
    const within = error.filter((e) => Math.abs(e) < 0.5).length / length;
    expect(within).toBeCloseTo(2 / 3, 2);
  });

  it("has white errors without any trace of the signal, unlike plain rounding", () => {
    // Three steps high: rounding would give harmonics.
    const tone = Float32Array.from(
      { length },
      (_, i) => (3 * Math.sin((2 * Math.PI * i) / 100)) / 32768,
    );
    const error = errors(tone);
    const limit = 5 / Math.sqrt(length);
    expect(Math.abs(correlation([...tone], error))).toBeLessThan(limit);
    const cube = Array.from(tone, (x) => (x * 32768) ** 3);
    expect(Math.abs(correlation(cube, error))).toBeLessThan(limit);
    for (const lag of [1, 2, 3, 50, 100]) {
      expect(Math.abs(correlation(error.slice(lag), error.slice(0, -lag)))).toBeLessThan(limit);
    }
    const third = Array.from(tone, (_, i) => Math.sin((6 * Math.PI * i) / 100));
    expect(Math.abs(correlation(third, error))).toBeLessThan(limit);
    const rounding = Array.from(tone, (x) => Math.round(x * 32768) - x * 32768);
    expect(Math.abs(correlation(rounding.slice(100), rounding.slice(0, -100)))).toBeGreaterThan(
      0.9,
    );
  });

  it("has noise of its own for every seed and channel", () => {
    const half = new Float32Array(length).fill(0.5 / 32768);
    const limit = 5 / Math.sqrt(length);
    const kinds = [
      { seed: 0 },
      { seed: 1 },
      { seed: 2 },
      { seed: -1 },
      { seed: 2 ** 40 },
      { channel: 1 },
      { channel: 2 },
      { channel: 7 },
    ].map((options) => errors(half, options));
    for (let a = 0; a < kinds.length; a++) {
      for (let b = 0; b < a; b++) {
        // A seed is cut to 32 bits.
        if (a === 4 && b === 0) expect(kinds[a]).toEqual(kinds[b]);
        else expect(Math.abs(correlation(kinds[a], kinds[b]))).toBeLessThan(limit);
      }
    }
  });

  it("gives the same numbers however samples are cut", () => {
    const samples = loud.subarray(0, 300);
    const places = fc
      .array(fc.integer({ min: 0, max: 300 }))
      .map((cuts) => cuts.sort((a, b) => a - b));
    fc.assert(
      fc.property(places, fc.constantFrom(16 as const, 24 as const), (cuts, bits) => {
        expect(quantised(bits, samples, { cuts })).toEqual(quantised(bits, samples));
      }),
    );
  });
});
