/** Arithmetic of two arrays, the smaller repeated along axes of size 1 (broadcast as in ONNX). */
import type { GraphBuilder } from "../builder.ts";
import type { Value } from "../graph.ts";
import type { NoAttributes, OpDefinition } from "../op.ts";
import { type Dim, elements, formatDim, type Shape, sameDim, sameShape } from "../shape.ts";

/** Slopes by a and by b times dy, in any shape that repeats to the output's. */
type Slopes = (
  builder: GraphBuilder,
  dy: Value,
  a: Value,
  b: Value,
) => readonly [a: () => Value, b: () => Value];

function binary(
  onnxName: string,
  apply: (a: number, b: number) => number,
  slopes: Slopes,
): OpDefinition<NoAttributes> {
  return {
    inputs: ["a", "b"],
    broadcasts: true,

    shape([a, b], _, reject) {
      const rank = Math.max(a.length, b.length);
      return Array.from({ length: rank }, (_, axis): Dim => {
        const left = a[axis - rank + a.length] ?? 1;
        const right = b[axis - rank + b.length] ?? 1;
        if (left === 1 || sameDim(left, right)) return right;
        if (right === 1) return left;
        return reject(`axis ${axis} is ${formatDim(left)} in a and ${formatDim(right)} in b`);
      });
    },

    evaluate([a, b], _, shape) {
      const data = new Float64Array(elements(shape));
      const left = repeated(a.shape, shape);
      const right = repeated(b.shape, shape);
      for (let i = 0; i < data.length; i++) data[i] = apply(a.data[left(i)], b.data[right(i)]);
      return { shape, data };
    },

    lower({ inputs, output }, _, onnx) {
      onnx.node(onnxName, inputs, {}, output);
    },

    gradient({ inputs, output, gradient, wanted }, builder) {
      const [a, b] = inputs;
      return slopes(builder, gradient, a, b).map((slope, i) =>
        wanted(i) ? sumTo(builder, slope(), output, inputs[i].shape) : undefined,
      );
    },
  };
}

/** Sums a gradient, which repeats to `output`, over the axes along which an operand was repeated. */
function sumTo(builder: GraphBuilder, gradient: Value, output: Value, shape: Shape): Value {
  const missing = output.shape.length - shape.length;
  const repeated = [...output.shape.keys()].filter(
    (axis) => output.shape[axis] !== 1 && (axis < missing || shape[axis - missing] === 1),
  );
  if (repeated.length === 0) return gradient;
  const reaches = (axis: number) =>
    gradient.shape[axis - output.shape.length + gradient.shape.length] ?? 1;
  const whole = repeated.every((axis) => sameDim(reaches(axis), output.shape[axis]));
  const exact =
    whole && gradient.shape.length === output.shape.length
      ? gradient
      : builder.expandLike(gradient, output);
  const summed = builder.reduceSum(exact, repeated);
  return sameShape(summed.shape, shape) || missing === 0
    ? summed
    : builder.reshape(summed, summed.shape.slice(missing));
}

/** Index in an array of shape `from` of each index of a larger shape to which it repeats. */
export function repeated(
  from: readonly number[],
  to: readonly number[],
): (index: number) => number {
  const missing = to.length - from.length;
  return (index) => {
    let offset = 0;
    let stride = 1;
    let rest = index;
    for (let axis = to.length - 1; axis >= missing; axis--) {
      const size = from[axis - missing];
      const at = rest % to[axis];
      rest = Math.floor(rest / to[axis]);
      if (size !== 1) offset += at * stride;
      stride *= size;
    }
    return offset;
  };
}

/** a + b. */
export const add = binary(
  "Add",
  (a, b) => a + b,
  (_, dy) => [() => dy, () => dy],
);

/** a − b. */
export const sub = binary(
  "Sub",
  (a, b) => a - b,
  (builder, dy) => [() => dy, () => builder.mul(dy, builder.constant(-1))],
);

/** a · b. */
export const mul = binary(
  "Mul",
  (a, b) => a * b,
  (builder, dy, a, b) => [() => builder.mul(dy, b), () => builder.mul(dy, a)],
);

/** a / b. */
export const div = binary(
  "Div",
  (a, b) => a / b,
  (builder, dy, a, b) => [
    () => builder.div(dy, b),
    () => builder.mul(builder.mul(dy, builder.constant(-1)), builder.div(a, builder.square(b))),
  ],
);

/** The larger of a and b; where they are equal, the slope belongs to b. */
export const max = binary("Max", Math.max, (builder, dy, a, b) => {
  const isA = () => builder.step(builder.sub(a, b));
  return [
    () => builder.mul(dy, isA()),
    () => builder.mul(dy, builder.sub(builder.constant(1), isA())),
  ];
});
