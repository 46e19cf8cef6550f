import { describe, expect, it } from "vitest";
import { GraphBuilder } from "./builder.ts";
import { evaluate } from "./evaluate.ts";
import type { Value } from "./graph.ts";
import type { NumericArray } from "./op.ts";
import { elements } from "./shape.ts";

const counting = (...shape: number[]): NumericArray => ({
  shape,
  data: Float64Array.from({ length: elements(shape) }, (_, i) => i),
});

/** Values of one expression of x = 0, 1, 2, … of the given shape. */
function valuesOf(shape: number[], expression: (b: GraphBuilder, x: Value) => Value): number[] {
  const b = new GraphBuilder("g");
  b.output("y", expression(b, b.input("x", shape)));
  return [...evaluate(b.build(), { x: counting(...shape) }).y.data];
}

describe("the reference evaluator", () => {
  it("correlates without flipping the kernel", () => {
    const y = valuesOf([1, 1, 2, 3], (b, x) =>
      b.conv2d(x, b.parameter("w", [1, 1, 2, 2], Float32Array.of(1, 10, 100, 1000))),
    );
    expect(y).toEqual([0 + 10 + 300 + 4000, 1 + 20 + 400 + 5000]);
  });

  it("pads top, left, bottom, right with zeros, and adds the bias", () => {
    const y = valuesOf([1, 1, 1, 2], (b, x) =>
      b.conv2d(x, b.parameter("w", [1, 1, 1, 2], Float32Array.of(1, 10)), {
        pads: [1, 2, 0, 0],
        bias: b.parameter("b", [1], Float32Array.of(0.5)),
      }),
    );
    expect(y).toEqual([0.5, 0.5, 0.5, 0.5, 0.5, 10.5]);
  });

  it("lets each group read its own channels", () => {
    const y = valuesOf([1, 4, 1, 1], (b, x) =>
      b.conv2d(x, b.parameter("w", [2, 2, 1, 1], Float32Array.of(1, 10, 1, 10)), { groups: 2 }),
    );
    expect(y).toEqual([0 + 10, 2 + 30]);
  });

  it("normalises each channel by its own statistics", () => {
    const y = valuesOf([1, 2, 1, 2], (b, x) => {
      const vector = (name: string, ...values: number[]) =>
        b.parameter(name, [2], Float32Array.from(values));
      const operands = {
        weight: vector("w", 2, 3),
        bias: vector("b", 1, -1),
        mean: vector("m", 1, 2),
        variance: vector("v", 3, 15),
      };
      return b.batchNorm(x, operands, 1);
    });
    expect(y).toEqual([0, 1, -1, -1 + 3 / 4]);
  });

  it("broadcasts either operand", () => {
    const y = valuesOf([2, 1, 2], (b, x) =>
      b.mul(b.parameter("p", [3, 1], Float32Array.of(1, 10, 100)), x),
    );
    expect(y).toEqual([0, 1, 0, 10, 0, 100, 2, 3, 20, 30, 200, 300]);
  });

  it("joins, cuts, reshapes and turns axes", () => {
    expect(valuesOf([2, 2], (b, x) => b.concat([x, x], 1))).toEqual([0, 1, 0, 1, 2, 3, 2, 3]);
    expect(valuesOf([2, 3], (b, x) => b.slice(x, { axis: 1, from: 1 }))).toEqual([1, 2, 4, 5]);
    expect(valuesOf([2, 3], (b, x) => b.slice(x, { axis: 1, from: 0, to: -1 }))).toEqual([
      0, 1, 3, 4,
    ]);
    expect(valuesOf([2, 3], (b, x) => b.transpose(x, [1, 0]))).toEqual([0, 3, 1, 4, 2, 5]);
    expect(valuesOf([4], (b, x) => b.slice(b.reshape(x, [2, 2]), { axis: 1, from: 1 }))).toEqual([
      1, 3,
    ]);
  });

  it("knows the activations", () => {
    const y = valuesOf([2], (b, x) =>
      b.sigmoid(b.relu(b.add(x, b.parameter("p", [1], Float32Array.of(-1))))),
    );
    expect(y).toEqual([0.5, 0.5]);
    const [low, high] = valuesOf([2], (b, x) => b.sigmoid(x));
    expect(low).toBe(0.5);
    expect(high).toBeCloseTo(1 / (1 + Math.exp(-1)), 15);
  });

  it("refuses feeds that are missing or contradict each other", () => {
    const b = new GraphBuilder("g");
    b.output("y", b.add(b.input("a", ["n", 2]), b.input("b", ["n", 2])));
    const graph = b.build();
    expect(() => evaluate(graph, { a: counting(3, 2) })).toThrow(/input "b" is missing/);
    expect(() => evaluate(graph, { a: counting(3, 2), b: counting(4, 2) })).toThrow(
      /input "b" is \[n, 2\], given \[4, 2\] where n = 3/,
    );
  });
});
