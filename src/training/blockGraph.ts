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
import { type LossSettings, type TrainingPhase, throughWiener } from "./settings.ts";
import { ERROR_ROWS } from "./spectralSdr.ts";

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
  /** Weights of the squared errors in the SDR loss, [5, batch]. */
  errorWeights: "error_weights",
  /** Gradient of other losses by the turned stems, [4, 2·H, bins, frames·batch]. */
  stemGradient: "stem_gradient",
  /** Gradient of all losses behind Wiener-EM by the masks, [4, 2·H, bins, frames·batch]. */
  maskGradient: "mask_gradient",
} as const;

/** Names of results. */
export const result = {
  spectral: "spectral",
  /** Squared errors of each item for the SDR loss, [5, batch]. */
  errors: "errors",
  maskSum: "mask_sum",
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
  readonly phase: TrainingPhase;
  readonly losses: LossSettings;
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
  const { architecture, block, batch, slices, phase, losses } = options;
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
  const wiener = throughWiener(phase, losses);
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
  const shape = [4, coefs, bins, width];
  const positions = coefs * bins * width;
  const error = () => b.sub(stems, b.input(feed.inPhase, shape));
  const errors = losses.spectral === "sdr" && !wiener ? itemErrors(b, error(), batch) : undefined;
  if (kind.gives === "errors") {
    if (!errors) throw new GraphError("errors are given for the SDR loss alone");
    b.output(result.errors, errors);
    return b.build();
  }
  const spectral = (): Value | undefined => {
    if (losses.spectral === "magnitude") {
      return b.mul(total(b, b.square(error())), b.constant(1 / (4 * positions)));
    }
    return wiener || errors ? undefined : complexLoss(b, error(), positions);
  };
  const spectralLoss = spectral();
  const excess = b.sub(b.reduceSum(masks, [0]), b.constant(1));
  const maskSum = b.mul(total(b, b.square(excess)), b.constant(1 / positions));
  if (errors) b.output(result.errors, errors);
  if (spectralLoss) b.output(result.spectral, spectralLoss);
  b.output(result.maskSum, maskSum);
  for (const { layer, mean, variance } of statistics) {
    b.output(statisticName(layer, "mean"), mean);
    b.output(statisticName(layer, "variance"), variance);
  }
  if (kind.gives === "losses") {
    if (wiener) b.output(result.masks, masks);
    return b.build();
  }

  const share = 1 / architecture.blocks.length;
  const weighted: Value[] = [];
  const addWeighted = (weight: number, loss: Value) => {
    if (weight !== 0) weighted.push(b.mul(loss, b.constant(weight * share)));
  };
  if (spectralLoss) addWeighted(losses.spectralWeight, spectralLoss);
  if (errors) {
    const weights = b.input(feed.errorWeights, [ERROR_ROWS, batch]);
    addWeighted(losses.spectralWeight, total(b, b.mul(errors, weights)));
  }
  addWeighted(losses.maskSumWeight, maskSum);
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

/** Weights of squared errors in the complex loss: each target's, and that of their sum; see {@link complexLoss}. */
export function complexWeights(positions: number): {
  readonly each: number;
  readonly joint: number;
} {
  const combinations = 14 * 2 * positions;
  return { each: 4 / combinations, joint: 3 / combinations };
}

/**
 * Mean over the 14 combinations of 1, 2 or 3 targets of the mean squared error of their sum.
 *
 * With errors E_j, seven combinations hold a target and three of them a second one too, so that the sum over
 * all is 4·Σ E_j² + 3·(Σ E_j)². By mix phase the part of the targets beside the mixture's phase is constant and
 * not added here.
 */
function complexLoss(b: GraphBuilder, error: Value, positions: number): Value {
  const weights = complexWeights(positions);
  const each = b.mul(total(b, b.square(error)), b.constant(weights.each));
  const joint = total(b, b.square(b.reduceSum(error, [0])));
  return b.add(each, b.mul(joint, b.constant(weights.joint)));
}

/** Squared errors of each item's targets, then of their sum, without the part beside the mixture's phase. */
function itemErrors(b: GraphBuilder, error: Value, batch: number): Value {
  const [targets, coefs, bins, width] = error.shape.map(Number);
  const perItem = (x: Value, rows: number) => {
    const squares = b.reshape(b.square(x), [rows, (coefs * bins * width) / batch, batch]);
    return b.reshape(b.reduceSum(squares, [1]), [rows, batch]);
  };
  return b.concat([perItem(error, targets), perItem(b.reduceSum(error, [0]), 1)], 0);
}

/** Sum of all elements, along rows first. */
function total(b: GraphBuilder, x: Value): Value {
  const rank = x.shape.length;
  const rows = b.reduceSum(x, [rank - 2, rank - 1]);
  return b.reshape(b.reduceSum(rows, [...Array(rank).keys()]), []);
}
