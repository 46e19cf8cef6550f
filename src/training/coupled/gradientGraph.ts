/** The way back through a band-coupled network, as one graph over all bands and frames. */
import { type Graph, GraphBuilder, gradients } from "../../graph/index.ts";
import {
  type CoupledArchitecture,
  coupledNetwork,
  coupledShapes,
  FRAMES_PER_STEP,
  featureShape,
  graphNames,
  isStatistic,
  tensorInputs,
} from "../../networks/coupled/index.ts";

/** Name of the input that takes the gradient by the logits. */
export const logitGradient = "logitGradient";

/** The graph of the gradients by all trained tensors, where the gradient by the logits is fed. */
export function gradientGraph(
  architecture: CoupledArchitecture,
  size: { readonly items: number; readonly steps: number },
): Graph {
  const b = new GraphBuilder("coupledGradients");
  const { bands, sizes } = architecture.grid;
  const frames = FRAMES_PER_STEP * size.steps * size.items;
  const features = b.input(graphNames.features, featureShape(architecture, size));
  const tensor = tensorInputs(b, architecture);
  const logits = coupledNetwork(b, features, tensor, architecture, size);
  const fed = b.input(logitGradient, [bands, 8 * sizes.bandCells, frames]);
  const sum = b.reduceSum(b.mul(logits, fed), [0, 1, 2]);
  b.output("loss", b.reshape(sum, []));
  const trained = [...coupledShapes(architecture).keys()].filter((name) => !isStatistic(name));
  const graph = gradients(b.build(), "loss", trained);
  return { ...graph, outputs: graph.outputs.filter(({ name }) => name !== "loss") };
}
