import { describe, expect, it } from "vitest";
import { levelGrid, levelStep, loudest, SILENCE } from "./levelGrid.ts";

/** One column of levels, dB. */
const powers = (levels: readonly number[]) => ({
  columns: 1,
  bands: levels.map((level) => Float32Array.of(10 ** (level / 10))),
});

describe("levels of rows", () => {
  it("are the bands' own where a row lies on a band", () => {
    const levels = [-30, -20, -25, -40, -10];
    // Four rows a band: rows 0, 4, … lie on bands 4, 3, ….
    const grid = levelGrid(powers(levels), { height: 17, bottom: -0.125, top: 4.125 });
    for (const [band, level] of levels.entries()) {
      expect(grid.levels[4 * (4 - band)]).toBeCloseTo(level, 4);
    }
  });

  it("between bands follow a parabola exactly, so that a tone keeps its level", () => {
    const place = 3.4;
    const levels = Array.from({ length: 8 }, (_, band) => -20 - 8 * (band - place) ** 2);
    const grid = levelGrid(powers(levels), { height: 700, bottom: -0.5, top: 6.5 });
    for (let y = 250; y < 450; y++) {
      const band = 6.5 - (y + 0.5) / 100;
      // Within a band of the top, where the cubic's other bands are near enough to count.
      if (Math.abs(band - place) > 0.4) continue;
      expect(grid.levels[y]).toBeCloseTo(-20 - 8 * (band - place) ** 2, 3);
    }
    expect(loudest(grid)).toBeCloseTo(-20, 2);
  });

  it("are the largest of all that a row spans", () => {
    const levels = Array.from({ length: 40 }, (_, band) => (band === 17 ? -5 : -60));
    const grid = levelGrid(powers(levels), { height: 4, bottom: -0.5, top: 39.5 });
    expect(grid.levels[2]).toBeGreaterThan(-8);
    expect(Math.max(grid.levels[0], grid.levels[1], grid.levels[3])).toBeLessThan(-55);
  });

  it("are no more than a little above both neighbours, also beside silence", () => {
    const levels = [SILENCE, SILENCE, -10, -10, SILENCE, SILENCE];
    const grid = levelGrid(powers(levels), { height: 300, bottom: -0.5, top: 5.5 });
    expect(loudest(grid)).toBeLessThan(-7.7);
  });

  it("of silence are silence", () => {
    const grid = levelGrid(powers([SILENCE, SILENCE]), { height: 7, bottom: -0.5, top: 1 });
    expect([...grid.levels]).toEqual(Array(7).fill(SILENCE));
    expect(loudest(grid)).toBe(SILENCE);
  });
});

it("steps divide the range evenly, from the floor to the top and beyond", () => {
  const range = { max: -10, range: 80 };
  const step = (level: number) => levelStep(level, range, 161);
  expect([-10, -10.5, -50, -90, -300, 20].map(step)).toEqual([160, 159, 80, 0, 0, 160]);
});
