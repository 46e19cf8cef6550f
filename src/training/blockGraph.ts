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
} from "../network/index.ts";
import { mixPhaseGraph, type TurnedStems, wienerGraph, windowCount } from "./phaseGraph.ts";
import type { LossSettings, TrainingPhase } from "./settings.ts";
import { ERROR_ROWS } from "./spectralSdr.ts";

/** Names of the arrays that a block's graphs are fed, beside its tensors. */
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
  /** Gradients of other losses by the turned stems, [4, 2·H, bins, frames·batch]. */
  stemGradient: "stem_gradient_in_phase",
  stemGradientQuadrature: "stem_gradient_quadrature",
} as const;

/** Names of results. */
export const result = {
  spectral: "spectral",
  /** Squared errors of each item for the SDR loss, [5, batch]. */
  errors: "errors",
  maskSum: "mask_sum",
  real: "stems_in_phase",
  imaginary: "stems_quadrature",
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
  /** "losses" alone, "stems" alone, squared "errors" alone, or losses with their "gradients". */
  readonly gives: "losses" | "stems" | "errors" | "gradients";
  /** Whether a gradient by the stems is fed, of losses that are computed outside. */
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
  const estimates = mixPhaseGraph(b, masks, magnitude);
  const stems = (): TurnedStems => {
    if (phase.method === "mix") return estimates;
    const inputs = {
      magnitude,
      cosine: b.input(feed.cosine, [half, bins, width]),
      sine: b.input(feed.sine, [half, bins, width]),
      scale: b.input(feed.scale, [windowCount(half, 2 * slices, phase.window), batch]),
    };
    return wienerGraph(b, estimates.real, inputs, { batch, window: phase.window });
  };
  const needsPhase = losses.spectral !== "magnitude" || kind.gives === "stems" || kind.stemGradient;
  const found = needsPhase ? stems() : estimates;
  if (kind.gives === "stems") {
    b.output(result.real, found.real);
    if (found.imaginary) b.output(result.imaginary, found.imaginary);
    return b.build();
  }
  const shape = [4, coefs, bins, width];
  const positions = coefs * bins * width;
  const errors = losses.spectral === "sdr" ? itemErrors(b, found, shape, batch) : undefined;
  if (kind.gives === "errors") {
    if (!errors) throw new GraphError("errors are given for the SDR loss alone");
    b.output(result.errors, errors);
    return b.build();
  }
  const spectral = () => {
    if (losses.spectral === "complex") return complexLoss(b, found, shape, positions);
    const squares = b.square(b.sub(estimates.real, b.input(feed.inPhase, shape)));
    return b.mul(total(b, squares), b.constant(1 / (4 * positions)));
  };
  const spectralLoss = errors ? undefined : spectral();
  const excess = b.sub(b.reduceSum(masks, [0]), b.constant(1));
  const maskSum = b.mul(total(b, b.square(excess)), b.constant(1 / positions));
  if (errors) b.output(result.errors, errors);
  if (spectralLoss) b.output(result.spectral, spectralLoss);
  b.output(result.maskSum, maskSum);
  for (const { layer, mean, variance } of statistics) {
    b.output(statisticName(layer, "mean"), mean);
    b.output(statisticName(layer, "variance"), variance);
  }
  if (kind.gives === "losses") return b.build();

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
  if (kind.stemGradient) {
    weighted.push(total(b, b.mul(found.real, b.input(feed.stemGradient, shape))));
    if (found.imaginary) {
      const gradient = b.input(feed.stemGradientQuadrature, shape);
      weighted.push(total(b, b.mul(found.imaginary, gradient)));
    }
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

/**
 * Mean over the 14 combinations of 1, 2 or 3 targets of the mean squared error of their sum.
 *
 * With errors E_j, seven combinations hold a target and three of them a second one too, so that the sum over
 * all is 4·Σ E_j² + 3·(Σ E_j)². By mix phase the part of the targets beside the mixture's phase is constant and
 * not added here.
 */
function complexLoss(
  b: GraphBuilder,
  stems: TurnedStems,
  shape: readonly number[],
  positions: number,
): Value {
  const squares = (estimate: Value, name: string) => {
    const error = b.sub(estimate, b.input(name, shape));
    const each = b.mul(total(b, b.square(error)), b.constant(4));
    const joint = b.mul(total(b, b.square(b.reduceSum(error, [0]))), b.constant(3));
    return b.add(each, joint);
  };
  const real = squares(stems.real, feed.inPhase);
  const sum = stems.imaginary ? b.add(real, squares(stems.imaginary, feed.quadrature)) : real;
  return b.mul(sum, b.constant(1 / (14 * 2 * positions)));
}

/** Squared errors of each item's targets, then of their sum; by mix phase without the part beside the mixture's phase. */
function itemErrors(
  b: GraphBuilder,
  stems: TurnedStems,
  shape: readonly number[],
  batch: number,
): Value {
  const [targets, coefs, bins, width] = shape;
  const perItem = (x: Value, rows: number) => {
    const squares = b.reshape(b.square(x), [rows, (coefs * bins * width) / batch, batch]);
    return b.reshape(b.reduceSum(squares, [1]), [rows, batch]);
  };
  const squares = (estimate: Value, name: string) => {
    const error = b.sub(estimate, b.input(name, shape));
    return b.concat([perItem(error, targets), perItem(b.reduceSum(error, [0]), 1)], 0);
  };
  const real = squares(stems.real, feed.inPhase);
  return stems.imaginary ? b.add(real, squares(stems.imaginary, feed.quadrature)) : real;
}

/** Sum of all elements, along rows first. */
function total(b: GraphBuilder, x: Value): Value {
  const rank = x.shape.length;
  const rows = b.reduceSum(x, [rank - 2, rank - 1]);
  return b.reshape(b.reduceSum(rows, [...Array(rank).keys()]), []);
}
