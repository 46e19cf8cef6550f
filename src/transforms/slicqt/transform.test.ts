import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  agreement,
  goldenArray,
  goldenPath,
  goldenRows,
  readGolden,
} from "../../testing/golden.ts";
import { noise } from "../../testing/noise.ts";
import {
  type Coefficients,
  ForwardStream,
  forward,
  InverseStream,
  inverse,
  inverseAdjoint,
  planSliCQT,
} from "./index.ts";
import type { ScaleOptions } from "./scales.ts";

const scales: ScaleOptions[] = [
  { scale: "bark", bins: 262, fmin: 32.9 },
  { scale: "bark", bins: 80, fmin: 32.9 },
  { scale: "bark", bins: 262, fmin: 32.9, windowMultiple: 16 },
  { scale: "cqlog", bins: 80, fmin: 20, windowMultiple: 16 },
  { scale: "mel", bins: 32, fmin: 115.5 },
  { scale: "mel", bins: 262, fmin: 32.9 },
  { scale: "cqlog", bins: 12, fmin: 20 },
  { scale: "cqlog", bins: 80, fmin: 20 },
  { scale: "vqlog", bins: 80, fmin: 20, gamma: 15 },
  { scale: "linear", bins: 262, fmin: 32.9 },
  { scale: "linear", bins: 64, fmin: 100 },
  { scale: "mrstft", bins: 0, fmin: 0 },
];
const label = (o: ScaleOptions) =>
  `${o.scale}-${o.bins}${o.windowMultiple ? ` ×${o.windowMultiple}` : ""}`;

const signals = readGolden(goldenPath("signals.safetensors"));
const reference = readGolden(goldenPath("slicqt.safetensors"));
const bark = planSliCQT(scales[0]);
const mel = planSliCQT(scales[2]);

function joined(arrays: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(arrays.reduce((sum, a) => sum + a.length, 0));
  let at = 0;
  for (const a of arrays) {
    out.set(a, at);
    at += a.length;
  }
  return out;
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};

describe.each(["short", "music"])("bark-262 against the reference: %s", (name) => {
  const has = reference.has(`${name}.inverse`);
  const samples = name === "short" ? 100 : 30870;
  const channels = goldenRows(goldenArray(signals, name)).map((c) => c.slice(0, samples));

  it.skipIf(!has)("forward: 120 dB over all blocks, 105 dB in the worst", () => {
    const { blocks } = forward(bark, channels);
    const expected = blocks.map((_, b) =>
      Float32Array.from(goldenArray(reference, `${name}.forward.${b}`).data),
    );
    const all = agreement(joined(expected), joined(blocks));
    const worst = Math.min(...blocks.map((b, i) => agreement(expected[i], b)));
    console.log(`forward ${name}: ${all.toFixed(1)} dB, worst block ${worst.toFixed(1)} dB`);
    expect(all).toBeGreaterThan(120);
    expect(worst).toBeGreaterThan(105);
  });

  it.skipIf(!has)("inverse, plain and altered by a real gain per bin: 120 dB", () => {
    const { blocks } = forward(bark, channels);
    const coefficients = (gain: (bin: number) => number): Coefficients => ({
      channels: 2,
      slices: blocks[0].length / (2 * 28 * 2),
      blocks: blocks.map((values, b) => {
        const { first, bins } = bark.blocks[b];
        const row = values.length / 2 / bins;
        return values.map((v, i) => v * Math.fround(gain(first + (Math.floor(i / row) % bins))));
      }),
    });
    const plain = joined(
      inverse(
        bark,
        coefficients(() => 1),
        samples,
      ),
    );
    const altered = joined(
      inverse(
        bark,
        coefficients((b) => 0.5 + 0.5 * Math.cos(0.37 * b)),
        samples,
      ),
    );
    const a = agreement(goldenArray(reference, `${name}.inverse`).data, plain);
    const b = agreement(goldenArray(reference, `${name}.inverse_altered`).data, altered);
    console.log(`inverse ${name}: ${a.toFixed(1)} dB, altered ${b.toFixed(1)} dB`);
    expect(a).toBeGreaterThan(120);
    expect(b).toBeGreaterThan(120);
  });
});

describe("round trip", () => {
  it.each(scales)("$scale $bins: at least 120 dB for lengths from 1 to 100,000", (options) => {
    const plan = planSliCQT(options);
    const reached = [1, 2, 7, 100, 1007, 9030, 44100, 100000].map((samples) => {
      const x = [noise(samples, samples), noise(samples, 2 * samples + 1)];
      const db = agreement(joined(x), joined(inverse(plan, forward(plan, x), samples)));
      expect(db, `${samples} samples`).toBeGreaterThan(120);
      return `${samples}: ${db.toFixed(1)}`;
    });
    console.log(`round trip ${label(options)}, dB: ${reached.join(", ")}`);
  });

  it("holds for one to five channels, each as if alone", () => {
    const x = [1, 2, 3, 4, 5].map((seed) => noise(5000, seed));
    for (let count = 1; count <= 5; count++) {
      const y = inverse(mel, forward(mel, x.slice(0, count)), 5000);
      expect(agreement(joined(x.slice(0, count)), joined(y))).toBeGreaterThan(120);
    }
    const third = forward(mel, x).blocks.map((b) =>
      b.slice((2 * b.length) / 5, (3 * b.length) / 5),
    );
    expect(agreement(joined(forward(mel, [x[2]]).blocks), joined(third))).toBeGreaterThan(120);
  });
});

describe("laws", () => {
  it.each(scales)("$scale $bins: ⟨inverse c, y⟩ = ⟨c, adjoint y⟩", (options) => {
    const plan = planSliCQT(options);
    const samples = 6000;
    const shape = forward(plan, [noise(samples, 1), noise(samples, 2)]);
    // Real DC and Nyquist coefficients: the transform's range, where formula (I) is linear over the reals anyway.
    const c = { ...shape, blocks: shape.blocks.map((b, i) => noise(b.length, i + 3)) };
    const y = [noise(samples, 4), noise(samples, 5)];
    const left = dot(joined(inverse(plan, c, samples)), joined(y));
    const right = dot(joined(c.blocks), joined(inverseAdjoint(plan, y).blocks));
    const scale = Math.sqrt(
      dot(joined(inverse(plan, c, samples)), joined(inverse(plan, c, samples))) *
        dot(joined(y), joined(y)),
    );
    console.log(`adjoint ${label(options)}: ${(Math.abs(left - right) / scale).toExponential(1)}`);
    expect(Math.abs(left - right) / scale).toBeLessThan(1e-6);
  });

  it("the forward transform is linear", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8000 }),
        fc.double({ min: -3, max: 3, noNaN: true }),
        (samples, factor) => {
          const a = noise(samples, 1);
          const b = noise(samples, 2);
          const sum = a.map((v, i) => v + factor * b[i]);
          const ca = joined(forward(mel, [a]).blocks);
          const cb = joined(forward(mel, [b]).blocks);
          const cs = joined(forward(mel, [sum]).blocks);
          expect(
            agreement(
              ca.map((v, i) => v + factor * cb[i]),
              cs,
            ),
          ).toBeGreaterThan(110);
        },
      ),
      { numRuns: 20 },
    );
  });

  it("streams give what the whole transform gives, however they are cut", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12000 }),
        fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 3 }),
        (samples, cuts, channels) => {
          const x = Array.from({ length: channels }, (_, c) => noise(samples, c + 1));
          const whole = forward(mel, x);
          const analyser = new ForwardStream(mel, channels);
          const synthesiser = new InverseStream(mel, channels);
          const out: Float32Array[][] = [];
          const parts: Coefficients[] = [];
          let at = 0;
          for (const cut of [...cuts, samples]) {
            const end = Math.min(samples, at + cut);
            parts.push(analyser.push(x.map((c) => c.subarray(at, end))));
            at = end;
          }
          parts.push(analyser.flush());
          for (const part of parts) out.push(synthesiser.push(part));
          out.push(synthesiser.flush());
          expect(parts.reduce((sum, p) => sum + p.slices, 0)).toBe(whole.slices);
          // Slice-major comparison of block 3: [channel, bin, slice, coefficient].
          const { bins, coefs } = mel.blocks[3];
          const row = coefs * 2;
          const rows = Array.from({ length: channels * bins }, (_, r) =>
            joined(
              parts.map((p) => p.blocks[3].slice(r * p.slices * row, (r + 1) * p.slices * row)),
            ),
          );
          expect(agreement(whole.blocks[3], joined(rows))).toBeGreaterThan(120);
          const y = x.map((_, c) => joined(out.map((block) => block[c])).subarray(0, samples));
          expect(agreement(joined(x), joined(y))).toBeGreaterThan(120);
        },
      ),
      { numRuns: 25 },
    );
  });

  it("a slice appears as soon as the last sample under its window is there", () => {
    const stream = new ForwardStream(mel, 1);
    const needed = mel.quarter + mel.transition / 2;
    expect(stream.push([new Float32Array(needed - 1)]).slices).toBe(0);
    expect(stream.push([new Float32Array(1)]).slices).toBe(1);
    expect(stream.push([new Float32Array(mel.hop - 1)]).slices).toBe(0);
    expect(stream.push([new Float32Array(1)]).slices).toBe(1);
  });
});

describe("bad input is refused with a reason", () => {
  it("no samples, unequal channels, wrong shapes, wrong length", () => {
    expect(() => forward(mel, [])).toThrow(/no samples/);
    expect(() => forward(mel, [new Float32Array(3), new Float32Array(4)])).toThrow(/same number/);
    const c = forward(mel, [noise(3000, 1)]);
    expect(() => inverse(bark, c, 3000)).toThrow(/blocks are expected/);
    expect(() => inverse(mel, c, 1e6)).toThrow(/slices hold/);
    expect(() => new InverseStream(mel, 2).push(c)).toThrow(/channels/);
    expect(() => new ForwardStream(mel, 0)).toThrow(/at least one channel/);
  });
});
