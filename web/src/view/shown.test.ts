import { describe, expect, it } from "vitest";
import * as shown from "./shown.ts";

describe("numbers as people read them", () => {
  it("times", () => {
    expect([0, 59.9, 61, 3600, 3725].map(shown.clock)).toEqual([
      ...["0:00", "0:59", "1:01", "1:00:00", "1:02:05"],
    ]);
    expect([0.05, 61.29].map(shown.fineClock)).toEqual(["0:00.0", "1:01.2"]);
    expect([0, 8.24, 59.8, 125, 120].map(shown.duration)).toEqual([
      ...["0.1 s", "8.2 s", "1 min", "2 min 5 s", "2 min"],
    ]);
  });

  it("fractions, sizes, levels", () => {
    expect([0, 0.379, 1, 2].map(shown.percent)).toEqual(["0 %", "37 %", "100 %", "100 %"]);
    expect([900, 1_550_000, 14_239_897].map(shown.byteSize)).toEqual(["1 kB", "1.6 MB", "14 MB"]);
    expect([1, 0.5, 2, 0.9999].map(shown.decibels)).toEqual(["0.0", "−6.0", "+6.0", "0.0"]);
  });

  it("faders: each position has its own gain, and comes back", () => {
    for (let position = 0; position <= 100; position++) {
      expect(shown.positionOf(shown.gainOf(position))).toBe(position);
    }
    expect(shown.gainOf(shown.UNITY)).toBe(1);
    expect([0, 1, 4].map(shown.meterHeight)).toEqual([0, 1, 1]);
  });
});
