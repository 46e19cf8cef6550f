/** The networks for separation: magnitudes of each block in, masks of the four targets out, the weights apart. */
import { foldBatchNorm, type Graph, GraphBuilder, writeOnnx } from "../../graph/index.ts";
import { floatData, type StateDict } from "../../tensors/index.ts";
import type { SliceContext } from "../network.ts";
import { targets } from "../targets.ts";
import {
  epsilon,
  type LayerTensor,
  type MaskedBlock,
  runningTensors,
  type Slicq1Architecture,
  tensorName,
  trainedTensors,
} from "./architecture.ts";
import { blockLayers, type LayerSizes, overlapAdded } from "./layers.ts";

/** Name of the input of a block: magnitudes, [1, 2·H, bins, 2·slices]. */
export function inputName(block: number): string {
  return `x${block}`;
}

/** Name of the masks of a block: [1, 4·2·H, bins, 2·slices], without those of context. */
export function maskName(block: number): string {
  return `mask${block}`;
}

/**
 * The networks of all blocks that have some.
 *
 * @param context slices on each side of the input that no masks are wanted of; left out, masks of all are given, and before the
 *   first and after the last there is nothing
 * @throws WeightsError `weights-mismatch` when the graph is written and a tensor is missing
 */
export function maskGraph(
  blocks: Slicq1Architecture,
  state: StateDict,
  context?: SliceContext,
): Graph {
  const b = new GraphBuilder("xumx-slicq-v1");
  for (const [number, block] of blocks.entries()) {
    const { bins, coefs } = block;
    const halves = { symbol: "slices", times: 2, plus: 0 };
    const x = b.input(inputName(number), [1, coefs, bins, halves]);
    const sizes: LayerSizes = {
      targets: targets.length,
      items: 1,
      slices: "slices",
      context,
      name: `conv${number}`,
    };
    const added = overlapAdded(b, x, block, sizes);
    const tensors = parameters(b, state, number, block);
    const masks = b.sigmoid(blockLayers(b, added, tensors, block, sizes));
    const rows = targets.length * coefs;
    b.output(maskName(number), b.reshape(masks, [1, rows, bins, masks.shape[2]]));
  }
  return foldBatchNorm(b.build());
}

/** The same as ONNX, with the weights inside or to be fed. */
export function maskModel(graph: Graph, weights: "inside" | "fed"): Uint8Array<ArrayBuffer> {
  return weights === "fed" ? writeOnnx(graph, "fed") : writeOnnx(graph);
}

/** All targets' tensors of a field, one after the other, each of which `lay` may lay out anew. */
function joined(
  state: StateDict,
  block: number,
  { field }: Pick<LayerTensor, "field">,
  lay: (data: Float32Array) => Float32Array = (data) => data,
): Float32Array {
  const parts = targets.map((target) => lay(floatData(state, tensorName(target, block, field))));
  const all = new Float32Array(parts.length * parts[0].length);
  for (const [j, part] of parts.entries()) all.set(part, j * part.length);
  return all;
}

/** All tensors of a block as parameters, those of the four targets one after the other. */
export function parameters(b: GraphBuilder, state: StateDict, number: number, block: MaskedBlock) {
  const shapes = new Map(
    [...trainedTensors(block), ...runningTensors()].map(({ field, shape }) => [field, shape]),
  );
  const groups = targets.length;
  const shapeOf = (field: string) => shapes.get(field) ?? [];
  const plain = (field: string, shape = [groups * shapeOf(field)[0], ...shapeOf(field).slice(1)]) =>
    b.parameter(`${number}.${field}`, shape, () => joined(state, number, { field }));
  const flipped = (field: string) => {
    const [inputs, outputs, ...taps] = shapeOf(field);
    const size = taps[0] * taps[1];
    return b.parameter(`${number}.${field}`, [groups * outputs, inputs, ...taps], () =>
      joined(state, number, { field }, (data) => flippedKernel(data, inputs, outputs, size)),
    );
  };
  // [in, out, 1, 3] to [out, in, taps of the kernel].
  const grown = (name: string, taps: readonly number[]) =>
    b.parameter(`${number}.12.${name}`, [2 * groups, 2, 1, taps.length], () =>
      joined(state, number, { field: "12.weight" }, (data) =>
        Float32Array.from({ length: 4 * taps.length }, (_, i) => {
          const [out, input] = [i / taps.length / 2, i / taps.length].map((v) => Math.floor(v) % 2);
          return data[(input * 2 + out) * 3 + taps[i % taps.length]];
        }),
      ),
    );
  return {
    mean: plain("input_mean", [groups, block.bins]),
    scale: plain("input_scale", [groups, block.bins]),
    kernel: (layer: 0 | 3 | 6 | 9) =>
      layer === 0 || layer === 3 ? plain(`${layer}.weight`) : flipped(`${layer}.weight`),
    norm(x: Parameters<typeof b.batchNorm>[0], layer: number) {
      const [weight, bias, mean, variance] = ["weight", "bias", "running_mean", "running_var"].map(
        (field) => plain(`${layer}.${field}`),
      );
      return b.batchNorm(x, { weight, bias, mean, variance }, epsilon);
    },
    even: grown("even", [2, 0]),
    odd: grown("odd", [1]),
    bias: plain("12.bias"),
  };
}

/** [in, out, taps] to [out, in, taps reversed]: the kernel of the convolution that is the transposed one. */
function flippedKernel(
  data: Float32Array,
  inputs: number,
  outputs: number,
  taps: number,
): Float32Array {
  const flipped = new Float32Array(data.length);
  for (let i = 0; i < inputs; i++) {
    for (let o = 0; o < outputs; o++) {
      const from = (i * outputs + o) * taps;
      const to = (o * inputs + i) * taps;
      for (let k = 0; k < taps; k++) flipped[to + k] = data[from + taps - 1 - k];
    }
  }
  return flipped;
}
