import fc from "fast-check";
import { expect, it } from "vitest";
import { draw, parseSearched } from "./space.ts";

it("reads choices as they are written", () => {
  expect(parseSearched("hidden=25,25|50,51")).toEqual({
    name: "hidden",
    choices: { kind: "some", values: ["25,25", "50,51"] },
  });
  expect(parseSearched("--lr=1e-4..1e-2:log")).toEqual({
    name: "lr",
    choices: { kind: "range", from: 1e-4, to: 1e-2, scale: "log", whole: false },
  });
  expect(parseSearched("channels=16..48:whole:log")).toEqual({
    name: "channels",
    choices: { kind: "range", from: 16, to: 48, scale: "log", whole: true },
  });
});

it.each([
  "lr",
  "lr=",
  "lr=0.1",
  "lr=|0.1",
  "=1..2",
  "lr=1..2:often",
  "lr=2..1",
  "lr=0..1:log",
  "channels=1.5..3:whole",
])("refuses %s", (text) => {
  expect(() => parseSearched(text)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
});

it("draws within the choices, and the same from the same seed and trial", () => {
  const space = [
    "lr=1e-4..1e-2:log",
    "clip=0.5..5",
    "n=3..6:whole",
    "m=2..64:whole:log",
    "a=x|y|z",
  ].map(parseSearched);
  fc.assert(
    fc.property(fc.nat(1e6), fc.nat(1e4), (seed, trial) => {
      const values = draw(space, seed, trial);
      expect(draw(space, seed, trial)).toEqual(values);
      const [lr, clip, n, m] = ["lr", "clip", "n", "m"].map((name) => Number(values[name]));
      expect(lr >= 1e-4 && lr <= 1e-2 && clip >= 0.5 && clip <= 5).toBe(true);
      expect([3, 4, 5, 6]).toContain(n);
      expect(Number.isInteger(m) && m >= 2 && m <= 64).toBe(true);
      expect(["x", "y", "z"]).toContain(values.a);
    }),
  );
});

it("draws each whole number as often, and each tenfold of a logarithmic range", () => {
  const space = [parseSearched("n=3..6:whole"), parseSearched("lr=1e-4..1e-2:log")];
  const trials = Array.from({ length: 4000 }, (_, trial) => draw(space, 7, trial));
  for (const n of ["3", "4", "5", "6"]) {
    expect(trials.filter((values) => values.n === n).length / 4000).toBeCloseTo(0.25, 1);
  }
  expect(trials.filter(({ lr }) => Number(lr) < 1e-3).length / 4000).toBeCloseTo(0.5, 1);
});
