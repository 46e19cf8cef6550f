/** Functions applied to each element: relu and sigmoid. */
import type { NoAttributes, OpDefinition } from "../op.ts";

function activation(onnxName: string, apply: (x: number) => number): OpDefinition<NoAttributes> {
  return {
    inputs: ["x"],
    shape: ([x]) => x,
    evaluate: ([x], _, shape) => ({ shape, data: x.data.map(apply) }),
    lower({ inputs, output }, _, onnx) {
      onnx.node(onnxName, inputs, {}, output);
    },
  };
}

/** max(x, 0). */
export const relu = activation("Relu", (x) => Math.max(x, 0));

/** 1/(1 + e^−x). */
export const sigmoid = activation("Sigmoid", (x) => 1 / (1 + Math.exp(-x)));
