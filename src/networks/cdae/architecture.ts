/**
 * What the separation network looks like for a given transform and set of weights.
 *
 * The network ("CDAE", a convolutional denoising auto-encoder) is one small stack of four
 * convolutions per block of the transform and per target. Its hidden sizes are written nowhere but
 * in the shapes of its tensors.
 */
import { WeightsError } from "../../errors.ts";
import type { NamedShapes } from "../network.ts";
import { targets } from "../targets.ts";

/** Neighbouring bins of the transform with equally many coefficients per slice. */
export interface BlockSize {
  /** Number of bins. */
  readonly bins: number;
  /** Coefficients of each bin per slice: even. */
  readonly coefs: number;
}

/** One block's networks. */
export interface BlockArchitecture extends BlockSize {
  /** Width of all four kernels in bins: 1, 3 or 5. */
  readonly frequencyTaps: number;
}

/** Everything that decides the network's shapes and wiring, apart from the weights. */
export interface Architecture {
  /** The causal variant, which sees little of the future. */
  readonly realtime: boolean;
  readonly blocks: readonly BlockArchitecture[];
  /** Channels after the first (and the third) and after the second convolution. */
  readonly hidden: readonly [outer: number, inner: number];
  /** Width of the two inner kernels in half slices. */
  readonly timeTaps: number;
}

/** The original's choice of kernel width by the number of bins. */
export function frequencyTapsFor(bins: number): number {
  return bins < 10 ? 1 : bins < 20 ? 3 : 5;
}

/**
 * The architecture that fits a transform's blocks and the tensors of a state dict.
 *
 * Hidden sizes and time taps are read from block 0; whether every other tensor agrees is for
 * {@link expectedShapes} to tell.
 *
 * @throws WeightsError "weights-mismatch" when the tensors belong to another kind of network or to
 *   another transform
 */
export function architectureOf(
  blocks: readonly BlockSize[],
  realtime: boolean,
  tensors: NamedShapes,
): Architecture {
  for (const name of tensors.keys()) {
    if (/^sliced_umx\.\d+\.(lstms|layer[123]s)\./.test(name)) {
      throw new WeightsError(
        "weights-mismatch",
        `The weights are of the LSTM variant (tensor "${name}").`,
        "Only the convolutional network is supported.",
      );
    }
  }
  const [outer, , , coefs] = fourAxes(tensors, "sliced_umx.0.cdaes.0.0.weight");
  const [inner, , , timeTaps] = fourAxes(tensors, "sliced_umx.0.cdaes.0.3.weight");
  const found = countBlocks(tensors);
  if (found !== blocks.length || coefs !== blocks[0].coefs) {
    throw new WeightsError(
      "weights-mismatch",
      `The weights have ${found} blocks, the first with ${coefs} coefficients a slice; ` +
        `the transform has ${blocks.length}, the first with ${blocks[0]?.coefs}.`,
      "Use the configuration (scale, number of bins, lowest frequency) these weights were trained with.",
    );
  }
  return {
    realtime,
    blocks: blocks.map(({ bins, coefs }) => ({
      bins,
      coefs,
      frequencyTaps: frequencyTapsFor(bins),
    })),
    hidden: [outer, inner],
    timeTaps,
  };
}

function fourAxes(tensors: NamedShapes, name: string): readonly number[] {
  const shape = tensors.get(name)?.shape;
  if (shape?.length === 4) return shape;
  throw new WeightsError(
    "weights-mismatch",
    shape === undefined
      ? `The weights have no tensor "${name}".`
      : `Tensor "${name}" has shape [${shape.join(", ")}], not four axes.`,
    "Give weights of xumx-sliCQ-V2 (its state dict, or one written by this program).",
  );
}

function countBlocks(tensors: NamedShapes): number {
  const blocks = new Set<string>();
  for (const name of tensors.keys()) {
    const block = /^sliced_umx\.(\d+)\./.exec(name)?.[1];
    if (block !== undefined) blocks.add(block);
  }
  return blocks.size;
}

/** Name of a tensor of one target's network in the state dict. */
export function tensorName(block: number, target: number, layer: number, field: string): string {
  return `sliced_umx.${block}.cdaes.${target}.${layer}.${field}`;
}

/** Names and shapes of all tensors of the state dict, in the order in which it lists them. */
export function expectedShapes(architecture: Architecture): Map<string, readonly number[]> {
  const { hidden, timeTaps } = architecture;
  const [outer, inner] = hidden;
  const shapes = new Map<string, readonly number[]>();
  for (const [block, { bins, coefs, frequencyTaps }] of architecture.blocks.entries()) {
    shapes.set(`sliced_umx.${block}.input_mean`, [bins]);
    shapes.set(`sliced_umx.${block}.input_scale`, [bins]);
    for (const target of targets.keys()) {
      const set = (layer: number, field: string, shape: readonly number[]) =>
        shapes.set(tensorName(block, target, layer, field), shape);
      const setNorm = (layer: number, channels: number) => {
        for (const field of ["weight", "bias", "running_mean", "running_var"]) {
          set(layer, field, [channels]);
        }
        set(layer, "num_batches_tracked", []);
      };
      set(0, "weight", [outer, 2, frequencyTaps, coefs]);
      setNorm(1, outer);
      set(3, "weight", [inner, outer, frequencyTaps, timeTaps]);
      setNorm(4, inner);
      set(6, "weight", [inner, outer, frequencyTaps, timeTaps]);
      setNorm(7, outer);
      set(9, "weight", [outer, 2, frequencyTaps, coefs]);
      set(9, "bias", [2]);
    }
  }
  return shapes;
}

/** Fewest slices the network can work on: its second convolution must find `timeTaps` frames. */
export function fewestSlices({ realtime, timeTaps }: Architecture): number {
  return Math.ceil((timeTaps + (realtime ? 0 : 1)) / 2);
}
