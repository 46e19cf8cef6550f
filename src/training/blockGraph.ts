/** The graphs of one block that training runs: its losses, with gradients, and its stems. */
import { GraphError } from "../errors.ts";
import { type Graph, GraphBuilder, gradients, type Value } from "../graph/index.ts";
import {
  type Architecture,
  blockNetwork,
  inputShape,
  runningTensors,
  type Statistics,
  trainedTensors,
} from "../networks/cdae/index.ts";
import { targets } from "../networks/index.ts";
import type { LossPlan } from "./losses/lossPlan.ts";
import { ERROR_ROWS } from "./losses/spectralSdr.ts";
import { itemErrors, weightedErrors } from "./losses/squaredErrors.ts";
import { total } from "./losses/total.ts";

/** Names of a block's prepared arrays; its graphs are fed those that they read, beside its tensors. */
export const feed = {
  /** |X|, [2, H, bins, frames·batch]. */
  magnitude: "magnitude",
  /** Targets turned by −θ, [4, 2·H, bins, frames·batch]; for the magnitude loss |Y|. */
  inPhase: "target_in_phase",
  quadrature: "target_quadrature",
  /** cos and sin of θ_0 − θ_1, [H, bins, frames·batch]. */
  cosine: "cosine",
  sine: "sine",
  /** c² per window and item, [windows, batch]. */
  scale: "scale",
  /** Weights of the squared errors where they are adaptive, [5, batch]. */
  errorWeights: "error_weights",
  /** Gradient of other losses by the turned stems, [4, 2·H, bins, frames·batch]. */
  stemGradient: "stem_gradient",
  /** Gradient of all losses after Wiener-EM by the masks, [4, 2·H, bins, frames·batch]. */
  maskGradient: "mask_gradient",
} as const;

/** Names of results, beside the values of losses, which have the losses' names. */
export const result = {
  /** Squared errors of each item for a loss with adaptive weights, [5, batch]. */
  errors: "errors",
  masks: "masks",
  stems: "stems",
} as const;

/** Names of the statistics of a batch norm. */
export function statisticName(layer: number, which: "mean" | "variance"): string {
  return `${layer}.batch_${which}`;
}

export interface BlockGraphOptions {
  readonly architecture: Architecture;
  readonly block: number;
  /** Items side by side. */
  readonly batch: number;
  /** Slices of each item. */
  readonly slices: number;
  readonly losses: LossPlan;
}

/** What is asked of the graph. */
export interface BlockGraphKind {
  readonly statistics: Statistics;
  /**
   * "losses" alone, "stems" alone, squared "errors" alone, "masks" alone, or losses with their "gradients".
   *
   * Through Wiener-EM a graph ends at the masks: it has neither stems nor errors, its losses are those of the masks, and
   * the gradient of all others is fed.
   */
  readonly gives: "losses" | "stems" | "errors" | "masks" | "gradients";
  /** Whether a gradient by the stems is fed, of losses that are computed outside; by mix phase. */
  readonly stemGradient: boolean;
}

/** Builds one graph of a block; everything is counted for this batch and number of slices. */
export function blockGraph(options: BlockGraphOptions, kind: BlockGraphKind): Graph {
  const { architecture, block, batch, slices, losses } = options;
  const { bins, coefs } = architecture.blocks[block];
  const half = coefs / 2;
  const width = 2 * slices * batch;
  const b = new GraphBuilder(`block${block}`);
  const trained = trainedTensors(architecture, block);
  const used =
    kind.statistics === "running" ? [...trained, ...runningTensors(architecture)] : trained;
  const tensors = new Map(used.map((t) => [t.field, b.input(t.field, inputShape(t))]));
  const tensor = (field: string): Value => {
    const value = tensors.get(field);
    if (!value) throw new GraphError(`the block has no tensor "${field}"`);
    return value;
  };
  const magnitude = b.input(feed.magnitude, [2, half, bins, width]);
  const { masks, statistics } = blockNetwork(b, magnitude, tensor, {
    architecture,
    block,
    batch,
    statistics: kind.statistics,
  });
  const { wiener, errorsInGraph } = losses;
  const { weighting } = losses.errors;
  if (kind.gives === "masks") {
    b.output(result.masks, masks);
    return b.build();
  }
  // By mix phase, in the mixture's own phase, stems are real: mask times magnitude.
  const stems = b.mul(masks, b.reshape(magnitude, [1, coefs, bins, width]));
  if (wiener && (kind.gives === "stems" || kind.gives === "errors")) {
    throw new GraphError(`Wiener-EM's ${kind.gives} are not computed in the graph`);
  }
  if (kind.gives === "stems") {
    b.output(result.stems, stems);
    return b.build();
  }
  const shape = [targets.length, coefs, bins, width];
  const positions = coefs * bins * width;
  const error = () => b.sub(stems, b.input(feed.inPhase, shape));
  const adaptive = errorsInGraph && weighting.kind === "adaptive";
  const errors = adaptive ? itemErrors(b, error(), batch) : undefined;
  if (kind.gives === "errors") {
    if (!errors) throw new GraphError("errors are given for losses with adaptive weights alone");
    b.output(result.errors, errors);
    return b.build();
  }
  const terms: [weight: number, value: Value][] = [];
  if (errors) b.output(result.errors, errors);
  else if (errorsInGraph && weighting.kind === "fixed") {
    const value = weightedErrors(b, error(), weighting.weights(positions));
    b.output(losses.errors.name, value);
    terms.push([losses.errors.weight, value]);
  }
  for (const loss of losses.masks) {
    const value = loss.build(b, masks);
    b.output(loss.name, value);
    terms.push([loss.weight, value]);
  }
  for (const { layer, mean, variance } of statistics) {
    b.output(statisticName(layer, "mean"), mean);
    b.output(statisticName(layer, "variance"), variance);
  }
  if (kind.gives === "losses") {
    if (wiener) b.output(result.masks, masks);
    return b.build();
  }

  if (errors) {
    const weights = b.input(feed.errorWeights, [ERROR_ROWS, batch]);
    terms.push([losses.errors.weight, total(b, b.mul(errors, weights))]);
  }
  const share = 1 / architecture.blocks.length;
  const weighted = terms
    .filter(([weight]) => weight !== 0)
    .map(([weight, value]) => b.mul(value, b.constant(weight * share)));
  if (wiener) weighted.push(total(b, b.mul(masks, b.input(feed.maskGradient, shape))));
  else if (kind.stemGradient) {
    weighted.push(total(b, b.mul(stems, b.input(feed.stemGradient, shape))));
  }
  b.output(
    "loss",
    weighted.reduce((sum, loss) => b.add(sum, loss)),
  );
  const names = trained.map((t) => t.field);
  return withoutOutput(gradients(b.build(), "loss", names), "loss");
}

/** The value of the weighted sum is of no use: that of the fed gradient would be in it. */
function withoutOutput(graph: Graph, name: string): Graph {
  return { ...graph, outputs: graph.outputs.filter((output) => output.name !== name) };
}
