/** The loss of a batch and the way back through a band-coupled network, as one graph over all bands and frames. */
import { type Graph, GraphBuilder, gradients, type Value } from "../../graph/index.ts";
import {
  type CoupledArchitecture,
  coupledNetwork,
  coupledShapes,
  FRAMES_PER_STEP,
  featureShape,
  graphNames,
  isStatistic,
  LEAST_GATE,
  tensorInputs,
} from "../../networks/coupled/index.ts";

/** Name of the input that takes the gradient by the logits, where that is counted elsewhere. */
export const logitGradient = "logitGradient";

/** Names of what a batch is judged by, and of the loss. */
export const lossNames = {
  power: "power",
  inPhase: "inPhase",
  energies: "energies",
  least: "least",
  weights: "weights",
  loss: "loss",
} as const;

/**
 * The graph of gradients by all trained tensors.
 *
 * @param slope "loss": of a loss that the graph has, that of `gateLoss` up to a constant; "fed": of one whose gradient by the
 *   logits is fed
 */
export function gradientGraph(
  architecture: CoupledArchitecture,
  size: { readonly items: number; readonly steps: number },
  slope: "loss" | "fed",
): Graph {
  const b = new GraphBuilder("coupledGradients");
  const features = b.input(graphNames.features, featureShape(architecture, size));
  const tensor = tensorInputs(b, architecture);
  const logits = coupledNetwork(b, features, tensor, architecture, size);
  const scalar =
    slope === "loss"
      ? loss(b, logits, architecture, size)
      : b.reduceSum(b.mul(logits, b.input(logitGradient, logits.shape)), [0, 1, 2]);
  b.output(lossNames.loss, b.reshape(scalar, []));
  const trained = [...coupledShapes(architecture).keys()].filter((name) => !isStatistic(name));
  return gradients(b.build(), lossNames.loss, trained);
}

/** Σ w·ln(max(0, e) + δ) with the squared errors e of every stem and item. */
function loss(
  b: GraphBuilder,
  logits: Value,
  { grid }: CoupledArchitecture,
  { items, steps }: { readonly items: number; readonly steps: number },
): Value {
  const { bands, sizes } = grid;
  const rows = 2 * sizes.bandCells;
  const frames = FRAMES_PER_STEP * steps;
  const width = frames * items;
  const perTarget = (name: string) => b.input(name, [1, 4, 1, 1, items]);
  const power = b.input(lossNames.power, [bands, 1, rows, width]);
  const inPhase = b.input(lossNames.inPhase, [bands, 4, rows, width]);
  const gates = b.add(b.sigmoid(logits), b.constant(LEAST_GATE));
  const shared = b.reshape(gates, [bands, 4, rows, width]);
  const masks = b.div(shared, b.reduceSum(shared, [1]));
  // Half of m²·P − 2m·Q.
  const halfPower = b.mul(power, b.constant(0.5));
  const halves = b.mul(masks, b.sub(b.mul(masks, halfPower), inPhase));
  const sums = b.reduceSum(b.reshape(halves, [bands, 4, rows, frames, items]), [0, 2, 3]);
  const errors = b.add(b.mul(sums, b.constant(2)), perTarget(lossNames.energies));
  const logarithms = b.log(b.add(b.relu(errors), perTarget(lossNames.least)));
  return b.reduceSum(b.mul(logarithms, perTarget(lossNames.weights)), [0, 1, 2, 3, 4]);
}
