/** Sizes of a band-coupled network, and the tensors that they ask for. */
import type { Transform } from "../../transforms/index.ts";
import { type Grid, type GridSizes, layOutGrid } from "./grid.ts";

/** Frames that are one step of the layers between. */
export const FRAMES_PER_STEP = 4;

/** Numbers that a cell gives the network. */
export const FEATURES = 3;

/** Sizes of the network. */
export interface CoupledSizes extends GridSizes {
  /** Channels of a band in each frame; in the layers, four times as many in each step of four frames. */
  readonly channels: number;
  /** Distance in steps of the three taps of each layer. */
  readonly dilations: readonly number[];
  /** Channels of the layer before the masks. */
  readonly headChannels: number;
}

/** The network of the trials: 0.17 GMAC per second of music. */
export const smallSizes: CoupledSizes = {
  cellsPerFrame: 4,
  bandCells: 12,
  bandBins: 8,
  channels: 24,
  dilations: [1, 2, 4, 1, 2, 4, 1, 2],
  headChannels: 48,
};

export interface CoupledArchitecture {
  readonly sizes: CoupledSizes;
  readonly grid: Grid;
  /** Whether a step sees no later one. */
  readonly causal: boolean;
}

/** The network for a transform. @throws ArgumentError when a window length is no multiple of 16 */
export function coupledArchitecture(
  { blocks }: Pick<Transform, "blocks">,
  sizes: CoupledSizes,
  causal: boolean,
): CoupledArchitecture {
  const windows = blocks.flatMap(({ bins, coefs }) => new Array<number>(bins).fill(coefs));
  return { sizes, grid: layOutGrid(windows, sizes), causal };
}

/** Names and shapes of the tensors, in their order. */
export function coupledShapes({
  sizes,
  grid,
}: CoupledArchitecture): Map<string, readonly number[]> {
  const { channels, headChannels, dilations, bandCells } = sizes;
  const { bands } = grid;
  const inside = channels * FRAMES_PER_STEP;
  const inputs = FEATURES * bandCells;
  const shapes = new Map<string, readonly number[]>([
    ["input.mean", [bands, inputs, 1]],
    ["input.scale", [bands, inputs, 1]],
    ["encoder.weight", [bands, channels, inputs]],
    ["encoder.bias", [bands, channels, 1]],
  ]);
  for (const layer of dilations.keys()) {
    shapes.set(`layer${layer}.time.weight`, [inside, inside, 1, 3]);
    shapes.set(`layer${layer}.time.bias`, [inside]);
    shapes.set(`layer${layer}.bands.weight`, [inside, bands, bands]);
    shapes.set(`layer${layer}.bands.bias`, [inside, bands, 1]);
  }
  shapes.set("hidden.weight", [bands, headChannels, channels + inputs]);
  shapes.set("hidden.bias", [bands, headChannels, 1]);
  shapes.set("masks.weight", [bands, 8 * bandCells, headChannels]);
  shapes.set("masks.bias", [bands, 8 * bandCells, 1]);
  return shapes;
}

/** Whether a tensor is given by the music's statistics and not trained. */
export function isStatistic(name: string): boolean {
  return name.startsWith("input.");
}

/** Steps of four frames that a mask depends on, before and after its own. */
export function stepsOfContext({ sizes, causal }: CoupledArchitecture): {
  before: number;
  after: number;
} {
  const reach = sizes.dilations.reduce((sum, dilation) => sum + dilation, 0);
  return causal ? { before: 2 * reach, after: 0 } : { before: reach, after: reach };
}
