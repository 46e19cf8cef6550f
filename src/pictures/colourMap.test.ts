import { describe, expect, it } from "vitest";
import { blend, colourMap } from "./colourMap.ts";
import type { Rgb } from "./png.ts";

/** OKLab lightness of a screen colour (Ottosson 2020). */
function lightness(rgb: Rgb): number {
  const [r, g, b] = rgb.map((byte) => {
    const v = byte / 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  });
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s;
}

describe.each(["dark", "light"] as const)("the %s map", (theme) => {
  it("changes its lightness evenly, so that equal steps in dB look equal", () => {
    const map = colourMap(theme, 101).map(lightness);
    const slope = (map[100] - map[0]) / 100;
    expect(Math.abs(slope)).toBeGreaterThan(0.008);
    for (const [i, value] of map.entries()) {
      // Near black a byte is a large step.
      expect(Math.abs(value - map[0] - i * slope)).toBeLessThan(0.012);
    }
  });

  it("has as many colours as asked for, all different, with the same ends", () => {
    for (const steps of [2, 3, 61, 231, 256]) {
      const map = colourMap(theme, steps);
      expect(new Set(map.map(String)).size).toBe(steps);
      expect([map[0], map[steps - 1]]).toEqual([colourMap(theme, 2)[0], colourMap(theme, 2)[1]]);
    }
  });
});

it("silence is nearly black in the dark and white in the light", () => {
  expect(lightness(colourMap("dark", 9)[0])).toBeLessThan(0.12);
  expect(colourMap("light", 9)[0]).toEqual([255, 255, 255]);
});

it("blends start and end at the given colours, and are straight between", () => {
  expect(blend([0, 100, 200], [100, 100, 0], 4)).toEqual([
    [0, 100, 200],
    [25, 100, 150],
    [50, 100, 100],
    [75, 100, 50],
    [100, 100, 0],
  ]);
});
