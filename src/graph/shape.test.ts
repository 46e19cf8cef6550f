import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addDims,
  bindShape,
  type Dim,
  elements,
  formatDim,
  formatShape,
  sameDim,
  sameElements,
  shiftDim,
  toShape,
} from "./shape.ts";

const anyDim: fc.Arbitrary<Dim> = fc.oneof(
  fc.integer({ min: 0, max: 9 }),
  fc.record({
    symbol: fc.constant("n"),
    times: fc.integer({ min: 1, max: 4 }),
    plus: fc.integer({ min: -3, max: 9 }),
  }),
);
const bound = (dim: Dim, n: number) => bindShape([dim], new Map([["n", n]]))[0];

describe("symbolic dimensions", () => {
  it("add and shift as the numbers they stand for", () => {
    fc.assert(
      fc.property(anyDim, anyDim, fc.integer({ min: 3, max: 50 }), (a, b, n) => {
        const sum = addDims(a, b);
        expect(sum && bound(sum, n)).toBe(bound(a, n) + bound(b, n));
        expect(bound(shiftDim(a, 5), n)).toBe(bound(a, n) + 5);
      }),
    );
  });

  it("are the same exactly when they agree at two values of the symbol", () => {
    fc.assert(
      fc.property(anyDim, anyDim, (a, b) => {
        expect(sameDim(a, b)).toBe([10, 21].every((n) => bound(a, n) === bound(b, n)));
      }),
    );
  });

  it("of different symbols neither add nor equal", () => {
    const [a, b] = toShape(["frames", "batch"]);
    expect(addDims(a, b)).toBeUndefined();
    expect(sameDim(a, b)).toBe(false);
  });

  it("read as affine forms", () => {
    const [frames] = toShape(["frames"]);
    expect(formatDim(shiftDim(frames, -1))).toBe("frames-1");
    expect(formatShape([1, { symbol: "n", times: 2, plus: 3 }])).toBe("[1, 2*n+3]");
  });
});

describe("the number of elements", () => {
  it("is the same exactly when the products are, whatever the symbol's value", () => {
    const shapes = fc.array(anyDim, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(shapes, shapes, (a, b) => {
        const count = (shape: Dim[], n: number) => elements(bindShape(shape, new Map([["n", n]])));
        if (sameElements(a, b)) {
          for (const n of [3, 10, 21, 40]) expect(count(a, n)).toBe(count(b, n));
        }
      }),
    );
    expect(sameElements(toShape([6, "n"]), [2, { symbol: "n", times: 3, plus: 0 }])).toBe(true);
    expect(sameElements(toShape([6, "n"]), toShape([5, "n"]))).toBe(false);
    expect(sameElements(toShape(["n"]), toShape(["m"]))).toBe(false);
  });

  it("needs a value for every symbol, and none below zero", () => {
    expect(() => bindShape(toShape(["n"]), new Map())).toThrow(/"n" has no value/);
    expect(() => bindShape([{ symbol: "n", times: 1, plus: -3 }], new Map([["n", 2]]))).toThrow(
      /n-3 is -1/,
    );
  });
});
