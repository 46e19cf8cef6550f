/**
 * One block of the separation network for training: magnitudes in, masks out, the weights as inputs.
 *
 * Frames are those of {@link frameLayout} with the batch innermost: [channels, bins, frames·batch]. A step
 * in time is then `batch` elements long, so that a convolution in time is one dilated by the batch, its
 * rows are long, and the statistics of a channel are those of one contiguous run. Weights have the
 * original's shapes, the four targets' tensors one after another, so that gradients need no unpacking.
 */
import type { GraphBuilder, Value } from "../../graph/index.ts";
import { batchNormByBatch } from "../batchNorm.ts";
import { targets } from "../targets.ts";
import type { Architecture } from "./architecture.ts";
import { blockLayers, epsilon, fullPadding, type NormLayer, normLayers } from "./layers.ts";
import { normalise } from "./maskNetwork.ts";

/** A tensor of a block: all four targets' one after another, or one of the block as a whole. */
export interface BlockTensor {
  /** `input_mean`, `input_scale`, or `layer.field` as in the state dict. */
  readonly field: string;
  /** Shape of one target's tensor, or of the whole. */
  readonly shape: readonly number[];
  /** Whether every target has its own. */
  readonly perTarget: boolean;
}

/** The tensors of a block that are trained. */
export function trainedTensors(architecture: Architecture, block: number): BlockTensor[] {
  const { hidden, timeTaps } = architecture;
  const [outer, inner] = hidden;
  const { bins, coefs, frequencyTaps } = architecture.blocks[block];
  const own = (field: string, ...shape: number[]) => ({ field, shape, perTarget: true });
  const norm = (layer: number, channels: number) => [
    own(`${layer}.weight`, channels),
    own(`${layer}.bias`, channels),
  ];
  return [
    { field: "input_mean", shape: [bins], perTarget: false },
    { field: "input_scale", shape: [bins], perTarget: false },
    own("0.weight", outer, 2, frequencyTaps, coefs),
    ...norm(1, outer),
    own("3.weight", inner, outer, frequencyTaps, timeTaps),
    ...norm(4, inner),
    own("6.weight", inner, outer, frequencyTaps, timeTaps),
    ...norm(7, outer),
    own("9.weight", outer, 2, frequencyTaps, coefs),
    own("9.bias", 2),
  ];
}

/** The running statistics of a block's batch norms. */
export function runningTensors({ hidden }: Architecture): BlockTensor[] {
  const [outer, inner] = hidden;
  return normLayers.flatMap((layer) =>
    ["running_mean", "running_var"].map((statistic) => ({
      field: `${layer}.${statistic}`,
      shape: [layer === 4 ? inner : outer],
      perTarget: true,
    })),
  );
}

/** Shape of a tensor as the graph's input of that name has it. */
export function inputShape({ shape, perTarget }: BlockTensor): readonly number[] {
  return perTarget ? [targets.length * shape[0], ...shape.slice(1)] : shape;
}

/** Where a batch norm takes mean and variance from: this batch, or what ran before. */
export type Statistics = "batch" | "running";

/** What a batch norm normalised with, each [4·channels]. */
export interface BatchStatistics {
  readonly layer: NormLayer;
  readonly mean: Value;
  /** Biased: the mean square of the deviations. */
  readonly variance: Value;
}

export interface BlockMasks {
  /** [4, 2·H, bins, frames·batch], channel c·H + τ. */
  readonly masks: Value;
  /** Of layers 1, 4 and 7; empty for running statistics. */
  readonly statistics: readonly BatchStatistics[];
}

/**
 * Adds one block's networks, all four targets, to a graph (docs/mathematics.md, 2).
 *
 * @param magnitude [2, H, bins, 2S·batch]: half slices of the magnitudes, not yet normalised
 * @param tensor gives the input of a field's name: {@link trainedTensors}, and for running statistics
 *   {@link runningTensors}
 * @param batch number of items side by side in the last axis
 */
export function blockNetwork(
  b: GraphBuilder,
  magnitude: Value,
  tensor: (field: string) => Value,
  options: {
    readonly architecture: Architecture;
    readonly block: number;
    readonly batch: number;
    readonly statistics: Statistics;
  },
): BlockMasks {
  const { architecture, block, batch } = options;
  const { realtime, hidden } = architecture;
  const [outer] = hidden;
  const { coefs, bins, frequencyTaps: taps } = architecture.blocks[block];
  const half = coefs / 2;
  const groups = targets.length;
  const padding = fullPadding(architecture, block);
  const reach = padding.frames * batch;
  const inTime = { groups, dilations: [1, batch] } as const;
  const found: BatchStatistics[] = [];
  const x = normalise(b, magnitude, tensor("input_mean"), tensor("input_scale"));
  const y = blockLayers(b, x, {
    encoderIn(x) {
      // [4·outer, 2, taps, coefs] as a kernel over 2·coefs channels.
      const kernel = b.reshape(b.transpose(tensor("0.weight"), [0, 1, 3, 2]), [
        groups * outer,
        2 * coefs,
        taps,
        1,
      ]);
      return b.conv2d(windows(b, x, batch, realtime), kernel);
    },
    encoder: (x) => b.conv2d(x, tensor("3.weight"), inTime),
    decoder: (x) =>
      b.conv2d(x, b.flipKernel(tensor("6.weight"), groups), {
        ...inTime,
        pads: [padding.bins, reach, padding.bins, reach],
      }),
    decoderOut(x) {
      // [4, outer, 2, taps, half of the window, H] as the kernel from samples to pairs, then its adjoint.
      const parts = b.reshape(tensor("9.weight"), [groups, outer, 2, taps, 2, half]);
      const analysis = b.reshape(b.transpose(parts, [0, 4, 1, 2, 5, 3]), [
        groups * 2 * outer,
        coefs,
        taps,
        1,
      ]);
      const ones = b.parameter("ones", [1, half], new Float32Array(half).fill(1));
      const bias = b.mul(b.reshape(tensor("9.bias"), [2 * groups, 1]), ones);
      return b.conv2d(pairs(b, x, batch, realtime), b.flipKernel(analysis, groups), {
        groups,
        pads: [padding.bins, 0, padding.bins, 0],
        bias: b.reshape(bias, [groups * coefs]),
      });
    },
    norm(x, layer) {
      const weight = tensor(`${layer}.weight`);
      const bias = tensor(`${layer}.bias`);
      if (options.statistics === "running") {
        const mean = tensor(`${layer}.running_mean`);
        const variance = tensor(`${layer}.running_var`);
        return b.batchNorm(x, { weight, bias, mean, variance }, epsilon);
      }
      const { y, ...statistics } = batchNormByBatch(b, x, weight, bias, epsilon);
      found.push({ layer, ...statistics });
      return y;
    },
  });
  const masks = b.sigmoid(b.reshape(y, [groups, coefs, bins, y.shape[3]]));
  return { masks, statistics: found };
}

/**
 * What each frame of the first convolution reads: x [2, H, bins, frames·batch] → [1, 2·2H, bins, …], channel
 * c·2H + u for coefficient u of the window.
 */
function windows(b: GraphBuilder, x: Value, batch: number, realtime: boolean): Value {
  const halves = realtime ? advanced(b, x, batch) : x;
  const both = b.concat(
    [b.slice(halves, { axis: 3, from: 0, to: -batch }), b.slice(halves, { axis: 3, from: batch })],
    1,
  );
  return b.reshape(both, [1, 2 * Number(both.shape[1]), both.shape[2], both.shape[3]]);
}

/**
 * The causal variant's windows end on the first coefficient of their half slice: half slices −2 … 2S−2 of
 * the signal one coefficient early, zero where there is none.
 */
function advanced(b: GraphBuilder, x: Value, batch: number): Value {
  const early = b.slice(b.slice(x, { axis: 1, from: 1 }), { axis: 3, from: 0, to: -batch });
  const first = b.slice(x, { axis: 1, from: 0, to: 1 });
  return b.concat(
    [
      b.pad(early, { axis: 3, before: 2 * batch, after: 0 }),
      b.pad(first, { axis: 3, before: batch, after: 0 }),
    ],
    1,
  );
}

/** For each half slice of the result the frame of y and the one before: [1, 4·2·outer, bins, 2S·batch]. */
function pairs(b: GraphBuilder, y: Value, batch: number, realtime: boolean): Value {
  const groups = targets.length;
  const channels = Number(y.shape[1]);
  const perTarget = b.reshape(y, [groups, channels / groups, y.shape[2], y.shape[3]]);
  // The causal variant has a frame for each half slice; what its last one adds after them is cropped.
  const [now, before] = realtime
    ? [perTarget, b.slice(perTarget, { axis: 3, from: 0, to: -batch })]
    : [b.pad(perTarget, { axis: 3, before: 0, after: batch }), perTarget];
  const previous = b.pad(before, { axis: 3, before: batch, after: 0 });
  const joined = b.concat([now, previous], 1);
  return b.reshape(joined, [1, 2 * channels, y.shape[2], joined.shape[3]]);
}
