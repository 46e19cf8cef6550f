/**
 * The layers of one block, all targets, described once. For separation and for training frames and weights lie
 * differently, so that each brings its own convolutions; their order, sizes and paddings are those written here.
 */
import type { GraphBuilder, Value } from "../../graph/index.ts";
import type { Architecture } from "./architecture.ts";

/** Added to variances by the original's batch norms. */
export const epsilon = 1e-5;

/** Layers that are batch norms, by their numbers in the state dict. */
export const normLayers = [1, 4, 7] as const;

/** A batch norm's number. */
export type NormLayer = (typeof normLayers)[number];

/** The layers between ReLUs, as one way of laying out frames has them. */
export interface BlockLayers {
  /** Layer 0: of each window of two half slices, the first of which slides by one, a frame. */
  encoderIn(x: Value): Value;
  /** Layer 3. */
  encoder(x: Value): Value;
  /** Layer 6, transposed: with {@link fullPadding} it is a convolution with the flipped kernel. */
  decoder(x: Value): Value;
  /** Layer 9, transposed: of each frame a window of two half slices, which overlap. */
  decoderOut(x: Value): Value;
  norm(x: Value, layer: NormLayer): Value;
}

/** Adds the layers to a graph: from normalised magnitudes to what the masks are sigmoids of (docs/mathematics.md, 2). */
export function blockLayers(b: GraphBuilder, x: Value, layers: BlockLayers): Value {
  let y = b.relu(layers.norm(layers.encoderIn(x), 1));
  y = b.relu(layers.norm(layers.encoder(y), 4));
  y = b.relu(layers.norm(layers.decoder(y), 7));
  return layers.decoderOut(y);
}

/** Padding in bins and in frames that makes a transposed convolution of a block one with the kernel flipped. */
export function fullPadding(
  { blocks, timeTaps }: Architecture,
  block: number,
): { readonly bins: number; readonly frames: number } {
  return { bins: blocks[block].frequencyTaps - 1, frames: timeTaps - 1 };
}
