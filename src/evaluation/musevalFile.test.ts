import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readMuseval, writeMuseval } from "./musevalFile.ts";
import type { TrackScores } from "./trackScores.ts";

const stem = (name: string, values: number[], whole = 1.5) => ({
  name,
  frames: {
    SDR: Float64Array.from(values),
    ISR: Float64Array.from(values, (x) => x + 1),
    SIR: Float64Array.from(values, (x) => x + 2),
    SAR: Float64Array.from(values, (x) => x + 3),
  },
  globalSdr: whole,
  siSdr: whole - 1,
});

describe("museval's JSON", () => {
  it("has bare NaN tokens, five decimals and Python's floats", () => {
    const scores = { window: 1, hop: 1, stems: [stem("vocals", [1.2345678, Number.NaN, 3])] };
    const text = writeMuseval(scores);
    expect(text).toContain(
      '{"time": 0.0, "duration": 1.0, "metrics": {"SDR": 1.23457, "SIR": 3.23457, "SAR": 4.23457, "ISR": 2.23457}}',
    );
    expect(text).toContain('"SDR": NaN');
    expect(() => JSON.parse(text)).toThrow();
    expect(JSON.parse(text.replaceAll("NaN", "null")).targets[0].frames).toHaveLength(3);
  });

  it("comes back as it went, to five decimals", () => {
    const number = fc.oneof(fc.double({ min: -60, max: 60, noNaN: true }), fc.constant(Number.NaN));
    fc.assert(
      fc.property(fc.array(number, { minLength: 2, maxLength: 5 }), fc.string(), (values, name) => {
        const scores: TrackScores = { window: 1, hop: 0.5, stems: [stem(name, values)] };
        const back = readMuseval(writeMuseval(scores), "x.json");
        expect(back.window).toBe(1);
        expect(back.hop).toBe(0.5);
        expect(back.stems[0].name).toBe(name);
        expect(back.stems[0].globalSdr).toBe(1.5);
        values.forEach((value, i) => {
          const read = back.stems[0].frames.SDR[i];
          if (Number.isNaN(value)) expect(read).toBeNaN();
          else expect(Math.abs(read - value)).toBeLessThan(5.1e-6);
        });
      }),
    );
  });

  it("keeps the levels at silence and of bands, and whether the filters are determined", () => {
    const levels = [-0.5, Number.NaN, 3, 0, 1.25];
    const own = { ...stem("bass", [1]), silence: -31.25, levels, determined: false };
    const [back] = readMuseval(writeMuseval({ window: 1, hop: 1, stems: [own] }), "x.json").stems;
    expect([back.silence, back.levels, back.determined]).toEqual([-31.25, levels, false]);
  });

  it("is read as museval writes it, without whole-track scores", () => {
    const text = `{"targets": [{"name": "NaN and \\"drums\\"", "frames": [
      {"time": 0.0, "duration": 1.0, "metrics": {"SDR": NaN, "SIR": -Infinity, "SAR": Infinity, "ISR": 2.0}}]}]}`;
    const { stems } = readMuseval(text, "x.json");
    expect(stems[0].name).toBe('NaN and "drums"');
    expect(stems[0].frames.SDR[0]).toBeNaN();
    expect(stems[0].frames.SIR[0]).toBe(Number.NEGATIVE_INFINITY);
    expect(stems[0].globalSdr).toBeUndefined();
  });

  it.each([
    ["", "JSON"],
    ["[]", "targets"],
    ['{"targets": [1]}', "target 0"],
    ['{"targets": [{"name": "a", "frames": [{"metrics": {}}]}]}', "frame 0 of a has no SDR"],
  ])("is refused by name when it is %s", (text, reason) => {
    expect(() => readMuseval(text, "x.json")).toThrow(/x\.json is not a museval file/);
    expect(() => readMuseval(text, "x.json")).toThrow(new RegExp(reason));
  });
});
