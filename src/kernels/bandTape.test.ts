import { expect, it } from "vitest";
import { agreement } from "../testing/golden.ts";
import { doubleNoise } from "../testing/noise.ts";
import { createKernels } from "./instance.ts";

const count = 1203;

function noise(seed: number, length: number): Float64Array {
  return doubleNoise(length, seed);
}

/** Every kernel on the same made-up numbers: what it wrote, and what it returned. */
function results(kind: "plain" | "simd"): Record<string, Float64Array> {
  const kernels = createKernels(kind);
  const run = kernels.exports;
  const stored = (values: Float64Array) => {
    const pointer = 32 + kernels.allocate(8 * values.length + 32);
    kernels.f64(pointer, values.length).set(values);
    return pointer;
  };
  const real = (seed: number) => stored(noise(seed, count));
  const positive = (seed: number) => stored(noise(seed, count).map((x) => 1e-3 + Math.abs(x)));
  const complex = (seed: number) => stored(noise(seed, 2 * count));
  const read = (pointer: number) => kernels.f64(pointer, count).slice();
  const readComplex = (pointer: number) => kernels.f64(pointer, 2 * count).slice();
  const [signal, carrier, poles, output] = [real(1), complex(2), complex(3), complex(4)];
  const power = run.gammatoneForward(0.9, signal, carrier, count, poles, output);
  const forward = [readComplex(poles), readComplex(output), Float64Array.of(power)];
  const [byOutput, bySignal] = [complex(5), real(6)];
  const byPole = run.gammatoneBack(0.9, carrier, poles, byOutput, count, bySignal);
  const back = [read(bySignal), Float64Array.of(byPole)];
  const [raw, gains, envelopes, motions] = [positive(7), real(8), real(9), real(10)];
  run.compressBand(output, carrier, raw, count, 0.1, 0.8, 0.3, gains, envelopes, motions);
  const compressed = [gains, envelopes, motions].map(read);
  // Levels of both signs' slopes, some of them 0: onsets, and silence after them.
  const levels = stored(noise(11, count).map((x, n) => (n % 400 < 250 ? 40 + 20 * x : 0)));
  const [amplitudes, moved, heard] = [positive(12), real(13), real(14)];
  run.adaptBand(levels, amplitudes, moved, count, heard);
  const adapted = [levels, heard].map(read);
  const [byLevels, byMoved] = [real(15), real(16)];
  run.adaptBack(levels, amplitudes, moved, count, 0.3, 8.7, byLevels, byMoved);
  const adaptedBack = [byLevels, byMoved].map(read);
  const [byEnvelopes, byMotions] = [real(17), real(18)];
  run.compressBack(
    complex(19),
    raw,
    gains,
    envelopes,
    motions,
    count,
    0.1,
    0.8,
    0.5,
    0.1,
    0.7,
    -0.3,
    byEnvelopes,
    byMotions,
  );
  const compressedBack = [raw, byEnvelopes, byMotions].map(read);
  const byFactor = run.envelopeBack(
    output,
    carrier,
    envelopes,
    motions,
    byEnvelopes,
    byMotions,
    count,
    0.3,
    0.01,
    byOutput,
  );
  const envelopesBack = [readComplex(byOutput), Float64Array.of(byFactor)];
  run.weighComplex(output, raw, 0.2, 0.7, count, byOutput);
  const weighed = [readComplex(byOutput)];
  return Object.fromEntries(
    Object.entries({
      forward,
      back,
      compressed,
      adapted,
      adaptedBack,
      compressedBack,
      envelopesBack,
      weighed,
    }).flatMap(([name, arrays]) => arrays.map((array, i) => [`${name} ${i}`, array])),
  );
}

it("a band's filters, compression and adaptation agree with their twins, forward and back", () => {
  const [plain, simd] = [results("plain"), results("simd")];
  const decibels = Object.keys(plain).map((name) => agreement(plain[name], simd[name]));
  console.log(`a band's kernels against their twins: ${Math.min(...decibels).toFixed(1)} dB`);
  expect(Object.values(plain).every((array) => array.some((value) => value !== 0))).toBe(true);
  for (const [i, name] of Object.keys(plain).entries()) {
    expect(decibels[i], name).toBeGreaterThan(250);
  }
});

it("the way back of a filter is its adjoint, and its pole's gradient a difference quotient's", () => {
  const kernels = createKernels();
  const stored = (values: Float64Array) => {
    const pointer = 32 + kernels.allocate(8 * values.length + 32);
    kernels.f64(pointer, values.length).set(values);
    return pointer;
  };
  const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, i) => sum + x * b[i], 0);
  const [x, g] = [noise(1, count), noise(2, 2 * count)];
  const [signal, carrier, byOutput] = [stored(x), stored(noise(3, 2 * count)), stored(g)];
  const [poles, output] = [0, 0].map(() => stored(new Float64Array(2 * count)));
  const bySignal = stored(new Float64Array(count));
  const value = (pole: number) => {
    kernels.exports.gammatoneForward(pole, signal, carrier, count, poles, output);
    return dot(g, kernels.f64(output, 2 * count));
  };
  const [above, below, here] = [0.9 + 1e-5, 0.9 - 1e-5, 0.9].map(value);
  const byPole = kernels.exports.gammatoneBack(0.9, carrier, poles, byOutput, count, bySignal);
  expect(dot(x, kernels.f64(bySignal, count)) / here).toBeCloseTo(1, 11);
  expect(byPole / ((above - below) / 2e-5)).toBeCloseTo(1, 6);
});
