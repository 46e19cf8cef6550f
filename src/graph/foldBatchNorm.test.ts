import { describe, expect, it } from "vitest";
import { agreement } from "../testing/golden.ts";
import { noise } from "../testing/noise.ts";
import { GraphBuilder } from "./builder.ts";
import { evaluate } from "./evaluate.ts";
import { foldBatchNorm } from "./foldBatchNorm.ts";
import type { Value } from "./graph.ts";

const channels = 6;
const x = { shape: [2, 4, 3, 9], data: Float64Array.from(noise(2 * 4 * 3 * 9, 7)) };

function norm(b: GraphBuilder, y: Value, name: string): Value {
  const vector = (field: string, seed: number, offset = 0) =>
    b.parameter(
      `${name}.${field}`,
      [channels],
      noise(channels, seed).map((value) => value + offset),
    );
  const operands = {
    weight: vector("weight", 1),
    bias: vector("bias", 2),
    mean: vector("mean", 3),
    variance: vector("variance", 4, 1.01),
  };
  return b.batchNorm(y, operands, 1e-5, name);
}

function convolve(b: GraphBuilder, withBias: boolean) {
  const weight = b.parameter("w", [channels, 2, 2, 3], noise(channels * 2 * 2 * 3, 5));
  const options = { groups: 2, pads: [1, 0, 0, 2] as const, name: "conv" };
  const bias = withBias ? { bias: b.parameter("bias", [channels], noise(channels, 6)) } : {};
  return b.conv2d(b.input("x", [2, 4, 3, "frames"]), weight, { ...options, ...bias });
}

describe("folding a batch norm", () => {
  it.each([true, false])("leaves the function as it was (bias: %s)", (withBias) => {
    const b = new GraphBuilder("g");
    b.output("y", b.relu(norm(b, convolve(b, withBias), "norm")));
    const graph = b.build();
    const folded = foldBatchNorm(graph);
    expect(folded.nodes.map((node) => node.op)).toEqual(["conv2d", "relu"]);
    expect(folded.parameters).toHaveLength(2);
    const decibels = agreement(evaluate(graph, { x }).y.data, evaluate(folded, { x }).y.data);
    console.log(`folded batch norm: ${decibels.toFixed(1)} dB`);
    expect(decibels).toBeGreaterThan(120);
  });

  it("leaves a convolution alone that others read too", () => {
    const b = new GraphBuilder("g");
    const conv = convolve(b, true);
    b.output("y", b.add(norm(b, conv, "norm"), conv));
    const graph = b.build();
    const folded = foldBatchNorm(graph);
    expect(folded.nodes.map((node) => node.op)).toEqual(["conv2d", "batchNorm", "add"]);
    expect(evaluate(folded, { x })).toEqual(evaluate(graph, { x }));
  });

  it("leaves norms alone that do not follow a convolution or whose operands are computed", () => {
    const b = new GraphBuilder("g");
    const conv = convolve(b, true);
    const statistic = b.input("statistic", [channels]);
    const computed = b.batchNorm(
      conv,
      { weight: statistic, bias: statistic, mean: statistic, variance: statistic },
      1e-5,
      "computed",
    );
    b.output("y", norm(b, b.relu(computed), "second"));
    const folded = foldBatchNorm(b.build());
    expect(folded.nodes.map((node) => node.op)).toEqual([
      "conv2d",
      "batchNorm",
      "relu",
      "batchNorm",
    ]);
  });

  it("does not change the graph it is given", () => {
    const b = new GraphBuilder("g");
    b.output("y", norm(b, convolve(b, false), "norm"));
    const graph = b.build();
    const before = evaluate(graph, { x });
    for (const parameter of foldBatchNorm(graph).parameters) parameter.read();
    expect(evaluate(graph, { x })).toEqual(before);
  });
});
