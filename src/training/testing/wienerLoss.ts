/** The loss after Wiener-EM as a graph with gradients, in double: the oracle of {@link WienerPhase}. */
import { evaluate, GraphBuilder, gradientName, gradients, type Value } from "../../graph/index.ts";
import type { BlockSizes } from "../turnedFrames.ts";
import { wienerGraph, windowCount } from "./wienerGraph.ts";

/** Arrays of a block, by the names that {@link wienerLoss} gives its inputs. */
export interface WienerLossInputs {
  readonly masks: ArrayLike<number>;
  readonly magnitude: ArrayLike<number>;
  readonly cosine: ArrayLike<number>;
  readonly sine: ArrayLike<number>;
  readonly scale: ArrayLike<number>;
  readonly inPhase: ArrayLike<number>;
  readonly quadrature: ArrayLike<number>;
  /** [5, items]. */
  readonly weights: ArrayLike<number>;
  /** Gradient of other losses by the stems. */
  readonly byReal: ArrayLike<number>;
  readonly byImaginary: ArrayLike<number>;
}

/** Stems, squared errors [5, items], and the gradient by the masks of Σ weights·errors + Σ byStems·stems. */
export function wienerLoss(
  { bins, coefs, slices, batch }: BlockSizes,
  window: number,
  given: WienerLossInputs,
) {
  const half = coefs / 2;
  const width = 2 * slices * batch;
  const stemShape = [4, coefs, bins, width];
  const shapes: Readonly<Record<keyof WienerLossInputs, readonly number[]>> = {
    masks: stemShape,
    magnitude: [2, half, bins, width],
    cosine: [half, bins, width],
    sine: [half, bins, width],
    scale: [windowCount(half, 2 * slices, window), batch],
    inPhase: stemShape,
    quadrature: stemShape,
    weights: [5, batch],
    byReal: stemShape,
    byImaginary: stemShape,
  };
  const b = new GraphBuilder("wiener");
  const input = (name: keyof WienerLossInputs) => b.input(name, shapes[name]);
  const masks = input("masks");
  const magnitude = input("magnitude");
  const estimates = b.mul(masks, b.reshape(magnitude, [1, coefs, bins, width]));
  const inputs = {
    magnitude,
    cosine: input("cosine"),
    sine: input("sine"),
    scale: input("scale"),
  };
  const { real, imaginary } = wienerGraph(b, estimates, inputs, { batch, window });
  const perItem = (x: Value, rows: number) => {
    const squares = b.reshape(b.square(x), [rows, (coefs * bins * width) / batch, batch]);
    return b.reshape(b.reduceSum(squares, [1]), [rows, batch]);
  };
  const squares = (stems: Value, targets: Value) => {
    const error = b.sub(stems, targets);
    return b.concat([perItem(error, 4), perItem(b.reduceSum(error, [0]), 1)], 0);
  };
  const errors = b.add(squares(real, input("inPhase")), squares(imaginary, input("quadrature")));
  const total = (x: Value) => b.reshape(b.reduceSum(x, [...x.shape.keys()]), []);
  const loss = [
    b.mul(errors, input("weights")),
    b.mul(real, input("byReal")),
    b.mul(imaginary, input("byImaginary")),
  ]
    .map(total)
    .reduce((sum, part) => b.add(sum, part));
  b.output("real", real);
  b.output("imaginary", imaginary);
  b.output("errors", errors);
  b.output("loss", loss);
  const wide = (name: keyof WienerLossInputs) => ({
    shape: shapes[name],
    data: Float64Array.from(given[name]),
  });
  const found = evaluate(gradients(b.build(), "loss", ["masks"]), {
    masks: wide("masks"),
    magnitude: wide("magnitude"),
    cosine: wide("cosine"),
    sine: wide("sine"),
    scale: wide("scale"),
    inPhase: wide("inPhase"),
    quadrature: wide("quadrature"),
    weights: wide("weights"),
    byReal: wide("byReal"),
    byImaginary: wide("byImaginary"),
  });
  return {
    real: found.real.data,
    imaginary: found.imaginary.data,
    errors: found.errors.data,
    loss: found.loss.data[0],
    gradient: found[gradientName("masks")].data,
  };
}
