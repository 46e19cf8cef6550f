import { describe, expect, it } from "vitest";
import { GraphError } from "../errors.ts";
import { GraphBuilder } from "./builder.ts";
import { formatShape } from "./shape.ts";

const zeros = (...shape: number[]) => new Float32Array(shape.reduce((n, size) => n * size, 1));

describe("shape inference", () => {
  it("follows frames through valid, padded and grouped convolutions", () => {
    const b = new GraphBuilder("g");
    const x = b.input("x", [1, 28, 14, "frames"]);
    const w0 = b.parameter("w0", [8, 28, 3, 2], zeros(8, 28, 3, 2));
    const w1 = b.parameter("w1", [12, 2, 3, 4], zeros(12, 2, 3, 4));
    const y = b.conv2d(x, w0);
    expect(formatShape(y.shape)).toBe("[1, 8, 12, frames-1]");
    const z = b.conv2d(y, w1, { groups: 4, pads: [2, 3, 2, 3] });
    expect(formatShape(z.shape)).toBe("[1, 12, 14, frames+2]");
  });

  it("joins, cuts, broadcasts, folds and turns symbolic axes", () => {
    const b = new GraphBuilder("g");
    const x = b.input("x", ["batch", 6, "frames"]);
    expect(formatShape(b.concat([x, x], 2).shape)).toBe("[batch, 6, 2*frames]");
    expect(formatShape(b.slice(x, { axis: 2, from: 1, to: -2 }).shape)).toBe(
      "[batch, 6, frames-3]",
    );
    expect(b.split(x, 1, [1, 5]).map((part) => formatShape(part.shape))).toEqual([
      "[batch, 1, frames]",
      "[batch, 5, frames]",
    ]);
    const perChannel = b.parameter("p", [6, 1], zeros(6));
    expect(formatShape(b.add(x, perChannel).shape)).toBe("[batch, 6, frames]");
    expect(formatShape(b.reshape(x, ["batch", 2, 3, "frames"]).shape)).toBe(
      "[batch, 2, 3, frames]",
    );
    expect(formatShape(b.transpose(x, [2, 0, 1]).shape)).toBe("[frames, batch, 6]");
  });
});

describe("a broken rule", () => {
  const b = new GraphBuilder("g");
  const x = b.input("x", [1, 28, 14, "frames"]);
  const weight = b.parameter("weight", [8, 27, 3, 2], zeros(8, 27, 3, 2));
  const wide = b.parameter("wide", [8, 28, 15, 2], zeros(8, 28, 15, 2));
  const vector = b.parameter("vector", [5], zeros(5));

  it.each<[string, () => unknown, RegExp]>([
    [
      "channels that do not fit a weight",
      () => b.conv2d(x, weight, { name: "first" }),
      /conv2d "first": x has 28 channels.*27.*"x" \[1, 28, 14, frames\].*"weight" \[8, 27, 3, 2\]/,
    ],
    ["a kernel larger than its input", () => b.conv2d(x, wide), /larger than the padded input/],
    ["a weight without four axes", () => b.conv2d(x, vector), /weight must have 4 axes/],
    [
      "statistics of another number of channels",
      () =>
        b.batchNorm(
          x,
          { weight: vector, bias: vector, mean: vector, variance: vector },
          1e-5,
          "norm",
        ),
      /batchNorm "norm": weight must be \[28\]/,
    ],
    [
      "sizes that do not broadcast",
      () => b.add(x, vector, "sum"),
      /add "sum": axis 3 is frames in a and 5 in b/,
    ],
    ["a join of different shapes", () => b.concat([x, weight], 0), /differ beside axis 0/],
    ["a join of nothing", () => b.concat([], 0), /takes x/],
    [
      "an axis that is not there",
      () => b.slice(x, { axis: 4, from: 0 }),
      /axis 4 is outside of 0\.\.3/,
    ],
    ["an empty range", () => b.slice(x, { axis: 2, from: 3, to: 3 }), /nothing is left of axis 2/],
    [
      "a range after the end",
      () => b.slice(x, { axis: 2, from: 3, to: 15 }),
      /index 15 lies after/,
    ],
    ["a new shape of another size", () => b.reshape(x, [1, 28, 13, "frames"]), /cannot become/],
    ["an order that repeats an axis", () => b.transpose(x, [0, 1, 1, 3]), /no order of 4 axes/],
    ["a missing input", () => b.node("add", [x], {}, "half"), /add "half": takes a, b/],
    ["a name used twice", () => b.relu(x, "x"), /"x" is taken/],
    [
      "values that do not fill their shape",
      () => b.parameter("short", [3, 2], zeros(5)),
      /"short" of shape \[3, 2\] has 5 values/,
    ],
    ["an output named like an input", () => b.output("x", x), /output "x"/],
  ])("(%s) is reported with names and shapes", (_, build, message) => {
    expect(build).toThrow(GraphError);
    expect(build).toThrow(message);
  });

  it("(an input of another graph) is found when the graph is built", () => {
    const other = new GraphBuilder("other");
    other.output("y", other.relu(x));
    expect(() => other.build()).toThrow(/"x" belongs to another graph than "other"/);
  });
});

describe("a built graph", () => {
  it("holds what its outputs need, each node after its inputs", () => {
    const b = new GraphBuilder("g");
    const x = b.input("x", [2]);
    const used = b.parameter("used", [2], zeros(2));
    b.parameter("unused", [2], zeros(2));
    const sum = b.add(x, used);
    b.relu(sum, "dead");
    b.output("y", b.mul(sum, sum));
    const graph = b.build();
    expect(graph.parameters).toEqual([used]);
    expect(graph.nodes.map((node) => node.op)).toEqual(["add", "mul"]);
    expect(graph.outputs.map((output) => output.name)).toEqual(["y"]);
  });
});
