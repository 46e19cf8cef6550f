/** Functions applied to each element. */
import type { GraphBuilder } from "../builder.ts";
import type { Value } from "../graph.ts";
import type { NoAttributes, OnnxAttribute, OpDefinition } from "../op.ts";

interface Elementwise {
  /** ONNX operator. */
  readonly onnx: string;
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
  apply(x: number): number;
  /** dy · f′(x), given y = f(x); left out where f′ is zero almost everywhere. */
  gradient?(b: GraphBuilder, dy: Value, x: Value, y: Value): Value;
}

function elementwise({
  onnx,
  attributes,
  apply,
  gradient,
}: Elementwise): OpDefinition<NoAttributes> {
  return {
    inputs: ["x"],
    broadcasts: true,
    shape: ([x]) => x,
    evaluate: ([x], _, shape) => ({ shape, data: x.data.map(apply) }),
    lower({ inputs, output }, _, emitter) {
      emitter.node(onnx, inputs, attributes, output);
    },
    gradient: ({ inputs: [x], output, gradient: dy }, b) => [gradient?.(b, dy, x, output)],
  };
}

/** max(x, 0); its slope at 0 is 0. */
export const relu = elementwise({
  onnx: "Relu",
  apply: (x) => Math.max(x, 0),
  gradient: (b, dy, _, y) => b.mul(dy, b.step(y)),
});

/** 1 where x > 0, else 0. */
export const step = elementwise({
  // max(0, min(1, αx)), the only operator that takes a single quick pass; exact for all x but the
  // positive ones below 1/α, which are subnormal.
  onnx: "HardSigmoid",
  attributes: { alpha: { float: 3e38 }, beta: { float: 0 } },
  apply: (x) => (x > 0 ? 1 : 0),
});

/** 1/(1 + e^−x). */
export const sigmoid = elementwise({
  onnx: "Sigmoid",
  apply: (x) => 1 / (1 + Math.exp(-x)),
  gradient: (b, dy, _, y) => b.mul(dy, b.sub(y, b.square(y))),
});

/** (e^x − e^−x)/(e^x + e^−x). */
export const tanh = elementwise({
  onnx: "Tanh",
  apply: Math.tanh,
  gradient: (b, dy, _, y) => b.sub(dy, b.mul(dy, b.square(y))),
});

/** √x. */
export const sqrt = elementwise({
  onnx: "Sqrt",
  apply: Math.sqrt,
  gradient: (b, dy, _, y) => b.div(b.mul(dy, b.constant(0.5)), y),
});

/** Natural logarithm. */
export const log = elementwise({
  onnx: "Log",
  apply: Math.log,
  gradient: (b, dy, x) => b.div(dy, x),
});

/** x². */
export const square: OpDefinition<NoAttributes> = {
  ...elementwise({
    onnx: "Mul",
    apply: (x) => x * x,
    gradient: (b, dy, x) => b.mul(x, b.mul(dy, b.constant(2))),
  }),
  lower({ inputs: [x], output }, _, emitter) {
    emitter.node("Mul", [x, x], {}, output);
  },
};
