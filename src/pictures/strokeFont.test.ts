import { describe, expect, it } from "vitest";
import { lettering } from "./strokeFont.ts";

const box = lettering("語").strokes;
const ascii = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));

describe("letters", () => {
  it("exist for all of ASCII, each its own, between tail and ascent", () => {
    const seen = new Set<string>();
    for (const letter of ascii) {
      const { strokes } = lettering(letter);
      expect(strokes).not.toEqual(box);
      seen.add(JSON.stringify(strokes));
      for (const [x, y] of strokes.flat()) {
        expect(Number.isFinite(x + y)).toBe(true);
        expect(x).toBeGreaterThanOrEqual(-1);
        expect(y).toBeGreaterThanOrEqual(-3);
        expect(y).toBeLessThanOrEqual(12);
      }
    }
    expect(seen.size).toBe(ascii.length);
  });

  it("stand beside each other without touching", () => {
    for (const letter of ascii.slice(1)) {
      const { strokes } = lettering(`${letter}H`);
      const stem = lettering(`${letter}H`).width - 7;
      const own = lettering(letter).strokes.flat();
      expect(Math.max(...own.map(([x]) => x)) + 2).toBeLessThan(stem);
      expect(strokes.flat().some(([x]) => x === stem)).toBe(true);
    }
  });

  it("take digits equally wide, so that numbers stand in columns", () => {
    expect(new Set([..."0123456789"].map((digit) => lettering(digit).width)).size).toBe(1);
  });

  it("drop accents, spell out what is made of letters, and leave a box for others", () => {
    expect(lettering("é")).toEqual(lettering("e"));
    expect(lettering("Ünïcøde")).toEqual(lettering("Unicode"));
    expect(lettering("Straße")).toEqual(lettering("Strasse"));
    expect(lettering("“a…”")).toEqual(lettering('"a..."'));
    expect(box).toEqual([
      [
        [0, 0],
        [0, 10],
        [6, 10],
        [6, 0],
        [0, 0],
      ],
    ]);
  });

  it("of nothing are nothing", () => {
    expect(lettering("")).toEqual({ width: 0, strokes: [] });
  });
});

it("rounds are quarters of ellipses", () => {
  const [ring] = lettering("o").strokes;
  for (const [x, y] of ring) {
    expect(((x - 3) / 3) ** 2 + ((y - 3.5) / 3.5) ** 2).toBeCloseTo(1, 9);
  }
});
