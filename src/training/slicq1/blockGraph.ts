/** The graphs of one target's network of a block that training runs: its loss and masks, and with them the gradients. */
import { GraphError } from "../../errors.ts";
import { type Graph, GraphBuilder, gradients, type Value } from "../../graph/index.ts";
import { batchNormByBatch } from "../../networks/batchNorm.ts";
import {
  blockLayers,
  epsilon,
  type LayerTensors,
  type MaskedBlock,
  type NormLayer,
  overlapAdded,
  runningTensors,
  trainedTensors,
} from "../../networks/slicq1/index.ts";

/** Names of a graph's inputs, beside its tensors: |X| and |Y|, [2, H, bins, frames·items]. */
export const feed = { magnitude: "magnitude", target: "target" } as const;

/** Names of its results, beside gradients. */
export const result = { loss: "loss", masks: "masks" } as const;

/** Names of the statistics of a batch norm. */
export function statisticName(layer: NormLayer, which: "mean" | "variance"): string {
  return `${layer}.batch_${which}`;
}

/** What a graph is counted for. */
export interface BlockGraphSizes {
  readonly block: MaskedBlock;
  readonly items: number;
  readonly slices: number;
  /** The squared error's weight. */
  readonly weight: number;
}

/** "batch": with gradients, and batch norms by the batch; "running": with the running statistics, the loss and masks alone. */
export type BlockGraphKind = "batch" | "running";

/** Builds a graph. */
export function blockGraph(sizes: BlockGraphSizes, kind: BlockGraphKind): Graph {
  const { block, items, slices, weight } = sizes;
  const { bins, coefs } = block;
  const b = new GraphBuilder("slicq1");
  const trained = trainedTensors(block);
  const used = kind === "running" ? [...trained, ...runningTensors()] : trained;
  const inputs = new Map(used.map(({ field, shape }) => [field, b.input(field, shape)]));
  const tensor = (field: string): Value => {
    const value = inputs.get(field);
    if (!value) throw new GraphError(`the network has no tensor "${field}"`);
    return value;
  };
  const shape = [2, coefs / 2, bins, 2 * slices * items];
  const magnitude = b.input(feed.magnitude, shape);
  const target = b.input(feed.target, shape);

  const layerSizes = { targets: 1, items, slices, context: undefined, name: "conv" };
  const x = overlapAdded(b, b.reshape(magnitude, [1, coefs, bins, shape[3]]), block, layerSizes);
  const tensors = layerTensors(b, tensor, kind);
  const masks = b.sigmoid(blockLayers(b, x, tensors, block, layerSizes));
  const flat = [coefs, bins, shape[3]];
  const estimate = b.mul(masks, b.reshape(magnitude, flat));
  const error = b.sub(estimate, b.reshape(target, flat));
  const sum = b.reduceSum(b.square(error), [0, 1, 2]);
  b.output(result.loss, b.mul(b.reshape(sum, []), b.constant(weight)));
  b.output(result.masks, masks);
  const graph = b.build();
  const fields = trained.map(({ field }) => field);
  return kind === "running" ? graph : gradients(graph, result.loss, fields);
}

function layerTensors(
  b: GraphBuilder,
  tensor: (field: string) => Value,
  kind: BlockGraphKind,
): LayerTensors {
  const [first, odd, last] = b.split(tensor("12.weight"), 3, [1, 1, 1]);
  const normed = (x: Value, layer: NormLayer) => {
    const weight = tensor(`${layer}.weight`);
    const bias = tensor(`${layer}.bias`);
    if (kind === "running") {
      const mean = tensor(`${layer}.running_mean`);
      const variance = tensor(`${layer}.running_var`);
      return b.batchNorm(x, { weight, bias, mean, variance }, epsilon);
    }
    const { y, mean, variance } = batchNormByBatch(b, x, weight, bias, epsilon);
    b.output(statisticName(layer, "mean"), mean);
    b.output(statisticName(layer, "variance"), variance);
    return y;
  };
  return {
    mean: tensor("input_mean"),
    scale: tensor("input_scale"),
    kernel: (layer) =>
      layer === 0 || layer === 3
        ? tensor(`${layer}.weight`)
        : b.flipKernel(tensor(`${layer}.weight`), 1),
    norm: normed,
    // Kernels of the transposed convolution's even and odd frames: [in, out] turned, and the taps with it.
    even: b.flipKernel(b.concat([first, last], 3), 1),
    odd: b.flipKernel(odd, 1),
    bias: tensor("12.bias"),
  };
}
