import { describe, expect, it } from "vitest";
import { ArgumentError } from "../errors.ts";
import { LEAST_SILENCE, silenceLevel } from "./silence.ts";

const tone = (length: number, amplitude: number, seed = 0) =>
  Float32Array.from({ length }, (_, i) => amplitude * Math.sin(0.1 * i + seed));
const joined = (...parts: Float32Array[]) => Float32Array.from(parts.flatMap((part) => [...part]));
const silent = (length: number) => new Float32Array(length);

describe("the level of an estimate where its stem is silent", () => {
  const reference = [joined(tone(1000, 0.5), silent(1000))];
  const mixture = [tone(2000, 0.5, 1)];

  it("is that of the estimate against the mixture there, whatever is elsewhere", () => {
    for (const decibels of [-6, -20, -60]) {
      const estimate = [joined(tone(1000, 0.9), mixture[0].slice(1000))];
      for (let i = 1000; i < 2000; i++) estimate[0][i] *= 10 ** (decibels / 20);
      const level = silenceLevel(reference, estimate, mixture, { window: 500 });
      console.log(`estimate ${decibels} dB under the mixture: ${level.toFixed(4)} dB`);
      expect(level).toBeCloseTo(decibels, 4);
    }
  });

  it("is the same after a gain of both", () => {
    const estimate = [joined(tone(1000, 0.9), tone(1000, 0.1))];
    const half = (source: readonly Float32Array[]) => source.map((c) => c.map((x) => x / 2));
    const level = silenceLevel(reference, estimate, mixture, { window: 500 });
    expect(silenceLevel(reference, half(estimate), half(mixture), { window: 500 })).toBeCloseTo(
      level,
      6,
    );
  });

  it("is the floor for silence, and no number where there is no silent stretch or nothing plays", () => {
    expect(silenceLevel(reference, [silent(2000)], mixture, { window: 500 })).toBe(LEAST_SILENCE);
    expect(silenceLevel(mixture, [silent(2000)], mixture, { window: 500 })).toBeNaN();
    expect(silenceLevel([silent(2000)], mixture, [silent(2000)], { window: 500 })).toBeNaN();
  });

  it("looks at the last, shorter stretch too, and takes what is below the threshold for silence", () => {
    const late = [joined(tone(1500, 0.5), tone(300, 1e-4))];
    const mix = [tone(1800, 0.5)];
    const estimate = [joined(silent(1500), mix[0].slice(1500))];
    expect(silenceLevel(late, estimate, mix, { window: 1500 })).toBeCloseTo(0, 9);
    expect(silenceLevel(late, estimate, mix, { window: 1500, threshold: -90 })).toBeNaN();
  });

  it("refuses other shapes and empty windows", () => {
    expect(() => silenceLevel(reference, [silent(5)], mixture, { window: 500 })).toThrow(
      ArgumentError,
    );
    expect(() => silenceLevel(reference, mixture, mixture, { window: 0 })).toThrow(ArgumentError);
  });
});
