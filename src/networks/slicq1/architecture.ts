/**
 * What the networks of version 1 look like for a given transform: names, shapes and reach of their layers
 * (docs/mathematics.md, 8.1). All sizes follow from the transform's blocks.
 */
import type { SliceContext } from "../network.ts";
import type { Target } from "../targets.ts";

/** A block with networks. */
export interface MaskedBlock {
  readonly bins: number;
  /** Coefficients of each bin per slice: a multiple of 4. */
  readonly coefs: number;
  /** Kernels of the four convolutions, in bins and in frames; frames that they read lie two apart. */
  readonly frequencyTaps: number;
  readonly timeTaps: number;
}

/** The lower blocks, which have networks: those above give the mixture to all stems. */
export type Slicq1Architecture = readonly MaskedBlock[];

/** Channels after the first (and third) and after the second convolution. */
export const hidden = { outer: 25, inner: 55 } as const;

/** Layers that are batch norms, by their numbers in the state dict. */
export const normLayers = [1, 4, 7, 10] as const;

/** A batch norm's number. */
export type NormLayer = (typeof normLayers)[number];

/** Added to variances by batch norms. */
export const epsilon = 1e-5;

/** Distance of the frames that a kernel reads. */
export const DILATION = 2;

const WIDE = 100;

/** The architecture for a transform and the highest frequency that the networks are for. */
export function architectureOf(
  blocks: readonly {
    readonly first: number;
    readonly bins: number;
    readonly coefs: number;
  }[],
  frequencies: ArrayLike<number>,
  bandwidth: number,
): Slicq1Architecture {
  // The transform's frequencies begin with 0 Hz, so that the first one above is the original's index plus one.
  const above = Array.from(frequencies).findIndex((hertz) => hertz > bandwidth);
  return blocks
    .filter(({ first }) => above < 0 || first < above)
    .map(({ bins, coefs }) => ({
      bins,
      coefs,
      frequencyTaps: bins < 10 ? 1 : bins < 20 ? 3 : 5,
      timeTaps: coefs <= WIDE ? 7 : 13,
    }));
}

/** Frames by which each of the four convolutions shortens or lengthens. */
export function reachOf({ timeTaps }: MaskedBlock): number {
  return DILATION * (timeTaps - 1);
}

/**
 * Slices on each side that the masks of a slice depend on. A mask comes from frames of its slice's half of the overlap-added
 * magnitudes and one before, these from two reaches around, and a half is of two slices.
 */
export function contextSlices(blocks: Slicq1Architecture): SliceContext {
  const halves = (frames: number, { coefs }: MaskedBlock) => Math.ceil(frames / (coefs / 2));
  return {
    before: Math.max(...blocks.map((block) => halves(2 * reachOf(block) + 1, block) + 1)),
    after: Math.max(...blocks.map((block) => halves(2 * reachOf(block), block))),
  };
}

/** Fewest slices that the second convolution finds a frame in. */
export function fewestSlices(blocks: Slicq1Architecture): number {
  return Math.max(
    ...blocks.map((block) => Math.ceil((2 * reachOf(block) + 1) / (block.coefs / 2)) - 1),
  );
}

/** The order of the targets in files. */
const fileOrder: readonly Target[] = ["vocals", "bass", "drums", "other"];

/** A tensor of every target's network of a block. */
export interface LayerTensor {
  /** `input_mean`, `input_scale`, or `layer.field`. */
  readonly field: string;
  readonly shape: readonly number[];
}

/** Name of a tensor in the state dict. */
export function tensorName(target: Target, block: number, field: string): string {
  const place = `bucketed_unmixes_${target}.${block}`;
  return field.startsWith("input_") ? `${place}.${field}` : `${place}.cdae.${field}`;
}

/** The tensors that are trained, of one target's network of a block, in the order of files. */
export function trainedTensors({ bins, frequencyTaps, timeTaps }: MaskedBlock): LayerTensor[] {
  const { outer, inner } = hidden;
  const kernel = [frequencyTaps, timeTaps];
  const norm = (layer: NormLayer, channels: number) =>
    ["weight", "bias"].map((field) => ({ field: `${layer}.${field}`, shape: [channels] }));
  return [
    { field: "input_mean", shape: [bins] },
    { field: "input_scale", shape: [bins] },
    { field: "0.weight", shape: [outer, 2, ...kernel] },
    ...norm(1, outer),
    { field: "3.weight", shape: [inner, outer, ...kernel] },
    ...norm(4, inner),
    // Of transposed convolutions inputs come first.
    { field: "6.weight", shape: [inner, outer, ...kernel] },
    ...norm(7, outer),
    { field: "9.weight", shape: [outer, 2, ...kernel] },
    ...norm(10, 2),
    { field: "12.weight", shape: [2, 2, 1, 3] },
    { field: "12.bias", shape: [2] },
  ];
}

/** The running statistics of one target's batch norms of a block. */
export function runningTensors(): LayerTensor[] {
  return normLayers.flatMap((layer) =>
    ["running_mean", "running_var"].map((field) => ({
      field: `${layer}.${field}`,
      shape: [layer === 10 ? 2 : layer === 4 ? hidden.inner : hidden.outer],
    })),
  );
}

/** Names and shapes of all tensors of the state dict, in the order of files. */
export function expectedShapes(blocks: Slicq1Architecture): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  const running = runningTensors();
  for (const target of fileOrder) {
    for (const [number, block] of blocks.entries()) {
      for (const { field, shape } of trainedTensors(block)) {
        shapes.set(tensorName(target, number, field), shape);
        const [layer, kind] = field.split(".");
        if (kind !== "bias" || layer === "12") continue;
        for (const statistic of running) {
          if (statistic.field.split(".")[0] !== layer) continue;
          shapes.set(tensorName(target, number, statistic.field), statistic.shape);
        }
        shapes.set(tensorName(target, number, `${layer}.num_batches_tracked`), []);
      }
    }
  }
  return shapes;
}
