/**
 * The layers of one block, described once for separation and for training (docs/mathematics.md, 8.1).
 *
 * Arrays have time and the items of a batch innermost, items last, so that a step in time is a dilation by their number. Networks
 * of several targets, J of them, lie one after the other as groups of channels.
 */
import type { DimLike, GraphBuilder, Value } from "../../graph/index.ts";
import { DILATION, type MaskedBlock, type NormLayer, reachOf } from "./architecture.ts";

const CHANNELS = 2;

/** What the layers compute with; kernels are those of convolutions, also of layers that are transposed ones. */
export interface LayerTensors {
  /** Minus the mean, and one over the deviation, of each target's input: [J, bins]. */
  readonly mean: Value;
  readonly scale: Value;
  kernel(layer: 0 | 3 | 6 | 9): Value;
  norm(x: Value, layer: NormLayer): Value;
  /** Layer 12's even frames, of a frame and the one before, and its odd ones: [2·J, 2, 1, 2] and [2·J, 2, 1, 1]. */
  readonly even: Value;
  readonly odd: Value;
  /** [2·J]. */
  readonly bias: Value;
}

/** So many slices, or as many as there are. */
export type SliceCount = number | "slices";

/** Which frames there are, and which masks are wanted. */
export interface LayerSizes {
  /** J. */
  readonly targets: number;
  /** Items side by side. */
  readonly items: number;
  readonly slices: SliceCount;
  /** Slices on each side that serve as context alone; undefined: none, and beyond the ends there is nothing. */
  readonly context: { readonly before: number; readonly after: number } | undefined;
  /** What names of convolutions begin with: the same for the same weights. */
  readonly name: string;
}

/** `times · slices + plus`. */
function dim(slices: SliceCount, times: number, plus = 0): DimLike {
  return typeof slices === "number" ? times * slices + plus : { symbol: slices, times, plus };
}

/**
 * Overlap-adds magnitudes: the second half of each slice to the first of the next.
 * @param magnitude [2, H, bins, 2·slices·items], halves of slices
 * @returns [1, 2, bins, (slices + 1)·H·items]
 */
export function overlapAdded(
  b: GraphBuilder,
  magnitude: Value,
  { bins, coefs }: MaskedBlock,
  { items, slices }: Pick<LayerSizes, "items" | "slices">,
): Value {
  const half = coefs / 2;
  const halves = b.reshape(magnitude, [CHANNELS * half, bins, slices, 2 * items]);
  const [first, second] = b.split(halves, 3, [items, items]);
  const sum = b.add(
    b.pad(first, { axis: 2, before: 0, after: 1 }),
    b.pad(second, { axis: 2, before: 1, after: 0 }),
  );
  const apart = b.reshape(sum, [CHANNELS, half, bins, dim(slices, 1, 1), items]);
  const frames = b.transpose(apart, [0, 2, 3, 1, 4]);
  return b.reshape(frames, [1, CHANNELS, bins, dim(slices, half * items, half * items)]);
}

/**
 * Adds the layers to a graph.
 *
 * @param x overlap-added magnitudes, [1, 2, bins, (slices + 1)·H·items]
 * @returns what the masks are sigmoids of, [J·2·H, bins, 2·slices·items], row (target·2 + channel)·H + τ, of the slices that are
 *   no context. The mask of coefficient n of slice s is number s·M + n of the last layer's frames, twice as many as its input's:
 *   within a slice it runs at half speed, which is the original's.
 */
export function blockLayers(
  b: GraphBuilder,
  x: Value,
  tensors: LayerTensors,
  block: MaskedBlock,
  { targets, items, slices, context, name }: LayerSizes,
  seen?: (layer: number, y: Value) => void,
): Value {
  const { bins, coefs, frequencyTaps } = block;
  const half = coefs / 2;
  const reach = reachOf(block);
  const groups = targets;
  const rows = groups * CHANNELS;
  const aside = frequencyTaps - 1;
  const padded = context ? 0 : reach * items;
  const inner = { groups, dilations: [1, DILATION * items] } as const;
  const full = { ...inner, pads: [aside, padded, aside, padded] } as const;
  const tell = (layer: number, y: Value) => {
    seen?.(layer, y);
    return y;
  };

  // Of a window with context all halves but the two at its ends are whole; as much of them is read as the masks need.
  const read = context
    ? b.slice(x, {
        axis: 3,
        from: (context.before * half - 2 * reach - 1) * items,
        to: -((context.after + 1) * half - 2 * reach) * items,
      })
    : x;
  const perBin = [groups, 1, bins, 1];
  const shifted = b.add(read, b.reshape(tensors.mean, perBin));
  const normalised = b.mul(shifted, b.reshape(tensors.scale, perBin));
  let y: Value = b.reshape(normalised, [1, rows, bins, read.shape[3]]);
  const layer = (number: 0 | 3 | 6 | 9, norm: NormLayer, options: typeof inner | typeof full) => {
    y = tell(
      number,
      b.conv2d(y, tensors.kernel(number), { ...options, name: `${name}.${number}` }),
    );
    y = tell(norm, tensors.norm(y, norm));
    y = tell(number + 2, b.relu(y));
  };
  layer(0, 1, inner);
  layer(3, 4, inner);
  layer(6, 7, full);
  layer(9, 10, full);

  // The frame before the first is needed for even frames alone; at a song's beginning there is none.
  const own = context ? y : b.slice(y, { axis: 3, from: 0, to: -half * items });
  const grow = { groups, bias: tensors.bias } as const;
  const even = b.conv2d(own, tensors.even, {
    ...grow,
    dilations: [1, items],
    pads: [0, context ? 0 : items, 0, 0],
  });
  const odd = b.conv2d(context ? b.slice(own, { axis: 3, from: items }) : own, tensors.odd, grow);
  // From frames of all slices, half·(H/2) + m in each, even and odd, to coefficients τ = 2m + e of each half.
  const kept = context ? context.before + context.after : 0;
  const halves = typeof slices === "number" ? 2 * (slices - kept) : dim(slices, 2, -2 * kept);
  const parts = [even, odd].map((part) =>
    b.reshape(part, [rows, 1, bins, halves, half / 2, items]),
  );
  const turned = b.transpose(b.concat(parts, 1), [0, 4, 1, 2, 3, 5]);
  const width =
    typeof slices === "number"
      ? 2 * (slices - kept) * items
      : dim(slices, 2 * items, -2 * kept * items);
  return b.reshape(turned, [rows * half, bins, width]);
}
