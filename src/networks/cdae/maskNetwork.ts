/**
 * The separation network as a graph: normalised magnitudes of each block in, masks of the four
 * targets out. Described once, with its batch norms; {@link inferenceModel} folds them away.
 */
import {
  type DimLike,
  foldBatchNorm,
  type Graph,
  GraphBuilder,
  type Parameter,
  type Value,
  writeOnnx,
} from "../../graph/index.ts";
import { createKernels } from "../../kernels/instance.ts";
import { Rearranger } from "../../kernels/rearrange.ts";
import { floatData, type StateDict } from "../../tensors/index.ts";
import { targets } from "../targets.ts";
import type { Architecture } from "./architecture.ts";
import { type NumberSource, type PackedTensor, packedBlock } from "./frameLayout.ts";
import { blockLayers, epsilon, fullPadding } from "./layers.ts";

export interface MaskNetworkOptions {
  /** Numbers of the blocks wanted, in any order; all when left out. */
  readonly blocks?: readonly number[];
  /**
   * Masks of inner frames alone, for which nothing is padded: of `frames` frames the inputs of {@link innerFrames}.
   * Cheaper where the frames around are there anyway. Default: of all frames.
   */
  readonly inner?: boolean;
}

/** Name of the input of block number `block`. */
export function inputName(block: number): string {
  return `x${block}`;
}

/** Name of the masks of block number `block`. */
export function maskName(block: number): string {
  return `mask${block}`;
}

/** Half slices that the network reads for the masks of `slices` slices. */
export function framesIn(architecture: Architecture, slices: number): number {
  return 2 * slices + (architecture.realtime ? 1 : 0);
}

/** Frames that the inner network reads for the masks of `slices` slices. */
export function innerFrames({ timeTaps }: Architecture, slices: number): number {
  return 2 * slices + 2 * timeTaps;
}

/** The frame, of those of a window, with which the inner network's input for its slice `slice` begins. */
export function firstInnerFrame({ timeTaps }: Architecture, slice: number): number {
  return 2 * slice - timeTaps;
}

/**
 * The network of all blocks, stride 1 in frames of half a slice (H = coefs/2 coefficients).
 *
 * For `S` slices, input `x{i}` is [1, 2·H, bins, framesIn], channel `c·H + τ`: the normalised
 * magnitude (see {@link normalise}) of audio channel `c`. Offline, frame `p` = 0..2S−1 is half slice
 * `p`. Realtime, frame `q` = 0..2S is half slice `q − 2` of the magnitudes advanced by one
 * coefficient: frame 0 is zero, and frame 1 is zero but for its last coefficient, which is the first
 * of the signal; zeros are those after normalisation.
 *
 * Output `mask{i}` is [1, 4·2·H, bins, 2S], channel `(target·2 + c)·H + τ`, between 0 and 1. Masks
 * depend on few slices around (a window of slices gives the same masks as a whole song, but near its
 * ends): half slices p − 2 − kt … p + kt − 2 of realtime and p − kt … p + kt of offline
 * for kt time taps.
 *
 * @throws WeightsError `weights-mismatch` when the graph is written and a tensor is missing
 */
export function maskNetwork(
  architecture: Architecture,
  state: StateDict,
  options: MaskNetworkOptions = {},
): Graph {
  const builder = new GraphBuilder("xumx-slicq-v2");
  const source = numberSource(state);
  for (const block of options.blocks ?? architecture.blocks.keys()) {
    const { bins, coefs } = architecture.blocks[block];
    const x = builder.input(inputName(block), [1, coefs, bins, "frames"]);
    builder.output(maskName(block), blockMasks(builder, x, architecture, source, block, options));
  }
  return builder.build();
}

/** The tensors of a state, as they lie in files. */
function numberSource(state: StateDict): NumberSource {
  let rearranger: Rearranger | undefined;
  return {
    floats: (name) => floatData(state, name),
    numbers(name) {
      const tensor = state.get(name);
      return (tensor?.dtype === "f32" && tensor.halves) || floatData(state, name);
    },
    get rearranger() {
      rearranger ??= new Rearranger(createKernels());
      return rearranger;
    },
  };
}

function blockMasks(
  builder: GraphBuilder,
  x: Value,
  architecture: Architecture,
  source: NumberSource,
  block: number,
  { inner = false }: MaskNetworkOptions,
): Value {
  const padding = fullPadding(architecture, block);
  const frames = inner ? 0 : padding.frames;
  const ends = inner ? [0, 0] : [1, architecture.realtime ? 0 : 1];
  const packed = packedBlock(architecture, block);
  const groups = targets.length;
  const parameter = (name: string, { shape, pack }: PackedTensor) =>
    builder.parameter(`${block}.${name}`, shape, (into) => pack(source, into));
  const norms = {
    1: ["normIn", packed.normIn],
    4: ["normInner", packed.normInner],
    7: ["normOut", packed.normOut],
  } as const;

  const y = blockLayers(builder, x, {
    encoderIn: (x) =>
      builder.conv2d(x, parameter("encoderIn.weight", packed.encoderIn), {
        name: `${block}.encoderIn`,
      }),
    encoder: (x) =>
      builder.conv2d(x, parameter("encoder.weight", packed.encoder), {
        groups,
        name: `${block}.encoder`,
      }),
    decoder: (x) =>
      builder.conv2d(x, parameter("decoder.weight", packed.decoder), {
        groups,
        pads: [padding.bins, frames, padding.bins, frames],
        name: `${block}.decoder`,
      }),
    // Realtime, the half slice after the last is cropped: it is not padded for in the first place.
    decoderOut: (x) =>
      builder.conv2d(x, parameter("decoderOut.weight", packed.decoderOut), {
        groups,
        pads: [padding.bins, ends[0], padding.bins, ends[1]],
        bias: parameter("decoderOut.bias", packed.biasOut),
        name: `${block}.decoderOut`,
      }),
    norm(x, layer) {
      const [name, norm] = norms[layer];
      const operands = {
        weight: parameter(`${name}.weight`, norm.weight),
        bias: parameter(`${name}.bias`, norm.bias),
        mean: parameter(`${name}.mean`, norm.mean),
        variance: parameter(`${name}.variance`, norm.variance),
      };
      return builder.batchNorm(x, operands, epsilon, `${block}.${name}`);
    },
  });
  return builder.sigmoid(y, `${block}.mask`);
}

/**
 * The ONNX model of the network for inference: batch norms folded into the convolutions, weights stored inside.
 *
 * Inputs and outputs are those of {@link maskNetwork}, with the dimension "frames" left open. Beside
 * the state, holds the model's bytes and one tensor at a time.
 */
export function inferenceModel(
  architecture: Architecture,
  state: StateDict,
  options: MaskNetworkOptions = {},
): Uint8Array<ArrayBuffer> {
  return writeOnnx(foldBatchNorm(maskNetwork(architecture, state, options)));
}

/** A network whose weights are fed beside its inputs. */
export interface FedNetwork {
  /** A small ONNX model, without weights. */
  readonly onnx: Uint8Array;
  /** The weights, to be fed under these names; each is made when asked for. */
  readonly weights: readonly Parameter[];
}

/**
 * The network for inference as {@link inferenceModel}, its weights apart: they can lie once in a program's own memory,
 * and nothing but kilobytes is parsed when a session is made.
 */
export function fedNetwork(
  architecture: Architecture,
  state: StateDict,
  options: MaskNetworkOptions = {},
): FedNetwork {
  const graph = foldBatchNorm(maskNetwork(architecture, state, options));
  return { onnx: writeOnnx(graph, "fed"), weights: graph.parameters };
}

/**
 * The input normalisation (x + mean)·scale per bin: `mean` is minus the mean, `scale` one over the
 * deviation, each [bins]; x is [batch, channels, bins, frames].
 */
export function normalise(
  builder: GraphBuilder,
  x: Value,
  mean: Value,
  scale: Value,
  name = "normalise",
): Value {
  const perBin: DimLike[] = [1, 1, x.shape[2], 1];
  const shifted = builder.add(x, builder.reshape(mean, perBin), `${name}.shifted`);
  return builder.mul(shifted, builder.reshape(scale, perBin), name);
}
