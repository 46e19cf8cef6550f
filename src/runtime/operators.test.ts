import { describe, expect, it } from "vitest";
import {
  evaluate,
  type Graph,
  GraphBuilder,
  type NumericArray,
  type Op,
  type Value,
  writeOnnx,
} from "../graph/index.ts";
import type { Conv2dAttributes } from "../graph/ops/conv2d.ts";
import { definitions } from "../graph/ops/index.ts";
import { agreement } from "../testing/golden.ts";
import { noise } from "../testing/noise.ts";
import { loadRuntime } from "./load.ts";
import type { Session } from "./runtime.ts";

const frames = 9;
const x: NumericArray = { shape: [2, 6, 5, frames], data: Float64Array.from(noise(540, 1)) };

let seed = 100;
function weights(b: GraphBuilder, ...shape: number[]): Value {
  const length = shape.reduce((product, size) => product * size, 1);
  return b.parameter(
    `p${seed++}`,
    shape,
    noise(length, seed).map((value) => value + 1.5),
  );
}

const cases: Record<Op, ((b: GraphBuilder, x: Value) => Value)[]> = {
  conv2d: [
    (b, x) => b.conv2d(x, weights(b, 4, 6, 3, 2)),
    (b, x) =>
      b.conv2d(x, weights(b, 4, 3, 3, 2), { groups: 2, pads: [2, 1, 0, 3], bias: weights(b, 4) }),
    (b, x) => b.conv2d(x, weights(b, 4, 6, 2, 3), { dilations: [2, 3], pads: [0, 1, 1, 2] }),
  ],
  convWeightGradient: [true, false].flatMap((single) =>
    [
      [0, 0, 0, 0],
      [2, 3, 2, 3],
      [2, 0, 2, 0],
      [1, 3, 0, 0],
    ].map((pads) => (b: GraphBuilder, all: Value) => {
      const x = single ? b.slice(all, { axis: 0, from: 1, to: 2 }) : all;
      const attributes: Conv2dAttributes = {
        pads: [pads[0], pads[1], pads[2], pads[3]],
        groups: 2,
        dilations: [1, 3],
      };
      const dy = b.sigmoid(b.conv2d(x, weights(b, 4, 3, 3, 2), attributes));
      return b.convWeightGradient(x, dy, { ...attributes, kernel: [3, 2] });
    }),
  ),
  flipKernel: [
    (b, x) => b.mul(b.flipKernel(weights(b, 6, 4, 3, 2), 2), b.mean(x, [0, 1, 2, 3])),
    (b, x) => b.mul(b.flipKernel(weights(b, 6, 4, 1, 1), 3), b.mean(x, [0, 1, 2, 3])),
  ],
  matMul: [
    (b, x) => b.matMul(x, x, { transposeB: true }),
    (b, x) => b.matMul(x, x, { transposeA: true }),
  ],
  lstm: (["forward", "reverse"] as const).map((direction) => (b: GraphBuilder, all: Value) => {
    const first = b.slice(all, { axis: 0, from: 0, to: 1 });
    const x = b.reshape(b.transpose(first, [0, 3, 1, 2]), ["frames", 30]);
    const parts = {
      weight: b.mul(weights(b, 12, 30), b.constant(0.1)),
      recurrent: weights(b, 12, 3),
      bias: weights(b, 24),
      state: weights(b, 2, 3),
    };
    return b.lstm(x, parts, direction);
  }),
  scaleShift: [(b, x) => b.scaleShift(x, weights(b, 6), weights(b, 6))],
  step: [(b, x) => b.step(x)],
  sqrt: [(b, x) => b.sqrt(b.sigmoid(x))],
  log: [(b, x) => b.log(b.sigmoid(x))],
  square: [(b, x) => b.square(x)],
  sub: [(b, x) => b.sub(weights(b, 5, 1), x)],
  div: [(b, x) => b.div(x, weights(b, 6, 1, 1))],
  max: [(b, x) => b.max(x, b.mean(x, [1]))],
  reduceSum: [
    (b, x) => b.reduceSum(x, [0, 3]),
    (b, x) => b.reduceSum(x, [1, 2]),
    (b, x) => b.reduceSum(x, []),
  ],
  count: [(b, x) => b.mul(b.node("count", [x], { axes: [0, 3] }), x), (b, x) => b.mean(x, [0])],
  expandLike: [(b, x) => b.expandLike(weights(b, 5, 1), x)],
  pad: [(b, x) => b.pad(x, { axis: 2, before: 1, after: 2 })],
  batchNorm: [
    (b, x) => {
      const vector = () => weights(b, 6);
      return b.batchNorm(
        x,
        { weight: vector(), bias: vector(), mean: vector(), variance: vector() },
        0.01,
      );
    },
  ],
  relu: [(b, x) => b.relu(x)],
  sigmoid: [(b, x) => b.sigmoid(x)],
  tanh: [(b, x) => b.tanh(x)],
  add: [(b, x) => b.add(x, weights(b, 6, 1, 1)), (b, x) => b.add(weights(b, 5, 1), x)],
  mul: [(b, x) => b.mul(x, weights(b, 1, 6, 5, 1)), (b, x) => b.mul(x, x)],
  concat: [(b, x) => b.concat([x, b.relu(x), x], 1), (b, x) => b.concat([x, x], 3)],
  slice: [
    (b, x) => b.slice(x, { axis: 3, from: 2 }),
    (b, x) => b.slice(x, { axis: 3, from: 1, to: -3 }),
    (b, x) => b.slice(x, { axis: 1, from: 2, to: 4 }),
    (b, x) => b.slice(x, { axis: 3, from: -4, to: -1 }),
  ],
  reshape: [
    (b, x) => b.reshape(x, ["batch", 3, 10, "frames"]),
    (b, x) => b.reshape(x, ["batch", { symbol: "frames", times: 30, plus: 0 }]),
  ],
  transpose: [(b, x) => b.transpose(x, [3, 1, 0, 2])],
};

function graphOf(expression: (b: GraphBuilder, x: Value) => Value): Graph {
  const b = new GraphBuilder("g");
  b.output("y", expression(b, b.input("x", ["batch", 6, 5, "frames"])));
  return b.build();
}

async function run(session: Session) {
  const { y } = await session.run({ x: { dims: x.shape, data: Float32Array.from(x.data) } });
  return y;
}

describe.each(["native", "wasm"] as const)("each op through %s", (preference) => {
  it.each(Object.keys(definitions) as Op[])("%s computes what the oracle does", async (op) => {
    const runtime = await loadRuntime(preference);
    for (const expression of cases[op]) {
      const graph = graphOf(expression);
      const expected = evaluate(graph, { x }).y;
      await using session = await runtime.createSession(writeOnnx(graph), { threads: 1 });
      const y = await run(session);
      expect(y.dims).toEqual(expected.shape);
      expect(agreement(expected.data, y.data)).toBeGreaterThan(120);
    }
  });

  it("outputs a value under two names, and an input as it is", async () => {
    const b = new GraphBuilder("g");
    const input = b.input("x", ["batch", 6, 5, "frames"]);
    const sum = b.add(input, input, "first");
    b.output("second", sum);
    b.output("first", b.relu(sum));
    b.output("third", sum);
    b.output("same", input);
    const graph = b.build();
    const runtime = await loadRuntime(preference);
    await using session = await runtime.createSession(writeOnnx(graph), { threads: 1 });
    const results = await session.run({ x: { dims: x.shape, data: Float32Array.from(x.data) } });
    for (const [name, { data }] of Object.entries(evaluate(graph, { x }))) {
      expect([...results[name].data], name).toEqual([...Float32Array.from(data)]);
    }
  });
});
