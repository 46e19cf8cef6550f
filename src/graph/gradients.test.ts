import { describe, expect, it } from "vitest";
import { agreement } from "../testing/golden.ts";
import { doubleNoise } from "../testing/noise.ts";
import { GraphBuilder } from "./builder.ts";
import { evaluate } from "./evaluate.ts";
import { gradientName, gradients } from "./gradients.ts";
import type { Graph, Value } from "./graph.ts";
import type { NumericArray } from "./op.ts";
import { definitions, type Op } from "./ops/index.ts";
import { type DimLike, elements } from "./shape.ts";

/** Deterministic numbers between −1 and 1, none near 0. */
function noise(shape: readonly number[], seed: number): NumericArray {
  const data = doubleNoise(elements(shape), seed).map((value) => value + 0.05 * Math.sign(value));
  return { shape, data };
}

interface Case {
  /** Shapes of the inputs, symbols replaced. */
  readonly shapes: readonly (readonly number[])[];
  /** Shapes as declared; the same when left out. */
  readonly open?: readonly (readonly DimLike[])[];
  readonly build: (b: GraphBuilder, inputs: readonly Value[]) => Value;
  /** Moves the inputs to where the function is smooth. */
  readonly from?: (value: number) => number;
}

const positive = (value: number) => 1.5 + value;
const channels = [[2, 3, 4], [3], [3]];
const cases: Record<Op, readonly Case[]> = {
  // Refuses: trainings of recurrent networks bring a gradient of their own.
  lstm: [],
  tanh: [{ shapes: [[3, 4]], build: (b, [x]) => b.tanh(x) }],
  conv2d: [
    {
      shapes: [[2, 4, 5, 6], [6, 2, 2, 3], [6]],
      build: (b, [x, w, bias]) => b.conv2d(x, w, { groups: 2, bias }),
    },
    {
      shapes: [
        [1, 2, 4, 12],
        [4, 2, 3, 3],
      ],
      open: [
        [1, 2, 4, { symbol: "t", times: 2, plus: 0 }],
        [4, 2, 3, 3],
      ],
      build: (b, [x, w]) => b.conv2d(x, w, { pads: [2, 4, 2, 4], dilations: [1, 2] }),
    },
    {
      shapes: [
        [1, 2, 4, 7],
        [2, 2, 2, 2],
      ],
      build: (b, [x, w]) => b.conv2d(x, w, { pads: [1, 0, 0, 1] }),
    },
  ],
  convWeightGradient: [
    {
      shapes: [
        [2, 4, 5, 6],
        [2, 2, 4, 4],
      ],
      build: (b, [x, dy]) =>
        b.convWeightGradient(x, dy, {
          pads: [0, 0, 0, 0],
          groups: 2,
          dilations: [1, 1],
          kernel: [2, 3],
        }),
    },
  ],
  flipKernel: [{ shapes: [[4, 3, 2, 3]], build: (b, [w]) => b.flipKernel(w, 2) }],
  matMul: [false, true].flatMap((transposeA) =>
    [false, true].map((transposeB) => ({
      shapes: [transposeA ? [2, 4, 3] : [2, 3, 4], transposeB ? [2, 5, 4] : [2, 4, 5]],
      build: (b: GraphBuilder, [x, y]: readonly Value[]) =>
        b.matMul(x, y, { transposeA, transposeB }),
    })),
  ),
  batchNorm: [
    {
      shapes: [[2, 3, 4], [3], [3], [3], [3]],
      from: positive,
      build: (b, [x, weight, bias, mean, variance]) =>
        b.batchNorm(x, { weight, bias, mean, variance }, 0.01),
    },
  ],
  scaleShift: [
    { shapes: channels, build: (b, [x, scale, shift]) => b.scaleShift(x, scale, shift) },
  ],
  relu: [{ shapes: [[3, 4]], build: (b, [x]) => b.relu(x) }],
  step: [{ shapes: [[3, 4]], build: (b, [x]) => b.mul(b.step(x), x) }],
  sigmoid: [{ shapes: [[3, 4]], build: (b, [x]) => b.sigmoid(x) }],
  sqrt: [{ shapes: [[3, 4]], from: positive, build: (b, [x]) => b.sqrt(x) }],
  log: [{ shapes: [[3, 4]], from: positive, build: (b, [x]) => b.log(x) }],
  square: [{ shapes: [[3, 4]], build: (b, [x]) => b.square(x) }],
  add: [
    { shapes: [[2, 3], [3]], build: (b, [x, y]) => b.add(x, y) },
    {
      shapes: [
        [2, 1, 3],
        [4, 1],
      ],
      build: (b, [x, y]) => b.add(x, y),
    },
    { shapes: [[3]], build: (b, [x]) => b.add(x, x) },
  ],
  sub: [
    {
      shapes: [
        [2, 1],
        [2, 3],
      ],
      build: (b, [x, y]) => b.sub(x, y),
    },
  ],
  mul: [
    {
      shapes: [
        [2, 1, 3],
        [4, 1],
      ],
      build: (b, [x, y]) => b.mul(x, y),
    },
  ],
  div: [
    {
      shapes: [
        [2, 1, 3],
        [4, 1],
      ],
      from: positive,
      build: (b, [x, y]) => b.div(x, y),
    },
  ],
  max: [
    {
      shapes: [
        [2, 1, 3],
        [4, 1],
      ],
      build: (b, [x, y]) => b.max(x, y),
    },
  ],
  reduceSum: [{ shapes: [[2, 3, 4]], build: (b, [x]) => b.reduceSum(x, [0, 2]) }],
  count: [
    { shapes: [[2, 3, 4]], open: [["n", 3, "m"]], build: (b, [x]) => b.sub(x, b.mean(x, [0, 2])) },
  ],
  expandLike: [
    {
      shapes: [
        [3, 1],
        [2, 3, 4],
      ],
      build: (b, [x, y]) => b.mul(b.expandLike(x, y), y),
    },
  ],
  concat: [
    {
      shapes: [
        [2, 3],
        [2, 1],
        [2, 2],
      ],
      build: (b, [x, y, z]) => b.concat([x, y, z], 1),
    },
    {
      shapes: [
        [2, 3],
        [2, 4],
        [2, 2],
      ],
      open: [
        [2, 3],
        [2, "n"],
        [2, 2],
      ],
      build: (b, [x, y, z]) => b.concat([x, y, z], 1),
    },
  ],
  slice: [
    { shapes: [[2, 6]], build: (b, [x]) => b.slice(x, { axis: 1, from: 2, to: 4 }) },
    {
      shapes: [[2, 6]],
      open: [[2, "n"]],
      build: (b, [x]) => b.slice(x, { axis: 1, from: 2, to: -1 }),
    },
    { shapes: [[2, 6]], build: (b, [x]) => b.slice(x, { axis: 1, from: -3, to: -1 }) },
  ],
  pad: [{ shapes: [[2, 3]], build: (b, [x]) => b.pad(x, { axis: 1, before: 1, after: 2 }) }],
  reshape: [{ shapes: [[2, 6]], build: (b, [x]) => b.reshape(x, [3, 4]) }],
  transpose: [{ shapes: [[2, 3, 4]], build: (b, [x]) => b.transpose(x, [2, 0, 1]) }],
};

/** Σ w·y², with uneven weights, so that every element of y counts differently. */
function lossGraph({ shapes, open, build }: Case): Graph {
  const b = new GraphBuilder("g");
  const inputs = shapes.map((shape, i) => b.input(`x${i}`, open?.[i] ?? shape));
  const y = build(b, inputs);
  const weights = b.input("weights", y.shape);
  const all = [...y.shape.keys()];
  b.output("y", y);
  b.output("loss", b.reduceSum(b.mul(weights, b.square(y)), all));
  return b.build();
}

describe("the gradient of each op", () => {
  it.each(Object.keys(definitions) as Op[])("%s is that of central differences", (op) => {
    for (const testCase of cases[op]) {
      const graph = lossGraph(testCase);
      const names = testCase.shapes.map((_, i) => `x${i}`);
      const feeds: Record<string, NumericArray> = Object.fromEntries(
        testCase.shapes.map((shape, i) => {
          const { data } = noise(shape, 7 * i + 3);
          return [`x${i}`, { shape, data: data.map(testCase.from ?? ((value) => value)) }];
        }),
      );
      const size = shapeOf(graph, feeds);
      feeds.weights = noise(size, 99);
      const found = evaluate(gradients(graph, "loss", names), feeds);
      for (const name of names) {
        const expected = differences(graph, feeds, name);
        expect(found[gradientName(name)].shape).toEqual(feeds[name].shape);
        expect(agreement(expected, found[gradientName(name)].data), name).toBeGreaterThan(110);
      }
    }
  });
});

/** Shape of y, found by trying weights until they fit. */
function shapeOf(graph: Graph, feeds: Record<string, NumericArray>): readonly number[] {
  const value = graph.outputs.find(({ name }) => name === "y")!.value;
  const inner: Graph = {
    ...graph,
    inputs: graph.inputs.filter(({ name }) => name !== "weights"),
    nodes: graph.nodes.slice(0, graph.nodes.findIndex(({ name }) => name === value.name) + 1),
    outputs: [{ name: "y", value }],
  };
  return evaluate(inner, feeds).y.shape;
}

function differences(
  graph: Graph,
  feeds: Record<string, NumericArray>,
  name: string,
): Float64Array {
  const { shape, data } = feeds[name];
  const h = 1e-5;
  const at = (i: number, by: number) => {
    const moved = data.slice();
    moved[i] += by;
    return evaluate(graph, { ...feeds, [name]: { shape, data: moved } }).loss.data[0];
  };
  return data.map((_, i) => (at(i, h) - at(i, -h)) / (2 * h));
}

describe("gradients", () => {
  it("adds up what several readers of a value send back", () => {
    const b = new GraphBuilder("g");
    const x = b.input("x", [2]);
    b.output("loss", b.reduceSum(b.add(b.mul(x, x), x), [0]));
    const { [gradientName("x")]: dx } = evaluate(gradients(b.build(), "loss", ["x"]), {
      x: { shape: [2], data: Float64Array.of(3, -1) },
    });
    expect([...dx.data]).toEqual([7, -1]);
  });

  it("refuses what has no gradient", () => {
    const b = new GraphBuilder("g");
    const x = b.input("x", [2]);
    b.input("y", [2]);
    b.output("pair", x);
    b.output("loss", b.reduceSum(x, [0]));
    const graph = b.build();
    expect(() => gradients(graph, "none", ["x"])).toThrow(/no output "none"/);
    expect(() => gradients(graph, "pair", ["x"])).toThrow(/not a single number/);
    expect(() => gradients(graph, "loss", ["z"])).toThrow(/no input or parameter "z"/);
    expect(() => gradients(graph, "loss", ["y"])).toThrow(/does not depend on "y"/);
  });
});
