import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ArgumentError } from "../errors.ts";
import { bandLevels, levelBands } from "./bandLevels.ts";

const RATE = 44100;
/** Softly begun and ended, so that it has no other frequencies. */
const tone = (hz: number, amplitude = 0.1, length = RATE) =>
  Float32Array.from(
    { length },
    (_, i) =>
      amplitude * Math.sin((2 * Math.PI * hz * i) / RATE) * Math.sin((Math.PI * i) / length) ** 2,
  );
const sum = (...parts: Float32Array[]) =>
  parts[0].map((_, i) => parts.reduce((all, part) => all + part[i], 0));

describe("the levels of an estimate's bands", () => {
  const middles = [80, 300, 1200, 4000, 9000];
  const reference = sum(...middles.map((hz) => tone(hz)));

  it("are those by which tones in their middles were raised, each band alone", () => {
    const gains = [-12, 3, -1, 6, -30];
    const estimate = sum(...middles.map((hz, k) => tone(hz, 0.1 * 10 ** (gains[k] / 20))));
    const found = bandLevels([reference, reference], [estimate, estimate], RATE);
    console.log(found.map((level) => level.toFixed(3)).join(", "), "dB");
    for (const [k, gain] of gains.entries()) expect(found[k]).toBeCloseTo(gain, 1);
  });

  it("all move with the estimate's gain", () => {
    fc.assert(
      fc.property(fc.double({ min: -40, max: 20, noNaN: true }), (decibels) => {
        const scaled = reference.map((x) => x * 10 ** (decibels / 20));
        for (const level of bandLevels([reference], [scaled], RATE)) {
          expect(level).toBeCloseTo(decibels, 4);
        }
      }),
      { numRuns: 5 },
    );
  });

  it("are no numbers where the reference has nothing, and least where only the estimate has nothing", () => {
    const low = tone(80);
    const levels = bandLevels([low], [reference], RATE);
    expect(levels.slice(1).every(Number.isNaN)).toBe(true);
    expect(levels[0]).toBeCloseTo(0, 1);
    const silent = new Float32Array(RATE);
    expect(bandLevels([silent], [low], RATE)).toEqual(levelBands.map(() => Number.NaN));
    expect(bandLevels([reference], [silent], RATE)).toEqual(
      levelBands.map(() => Number.NEGATIVE_INFINITY),
    );
  });

  it("ask for equal shapes and a rate", () => {
    expect(() => bandLevels([reference], [reference, reference], RATE)).toThrow(ArgumentError);
    expect(() => bandLevels([reference], [reference.slice(1)], RATE)).toThrow(ArgumentError);
    expect(() => bandLevels([reference], [reference], 0)).toThrow(ArgumentError);
  });
});
