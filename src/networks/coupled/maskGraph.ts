/**
 * The band-coupled network as a graph, the same for separation and for training.
 *
 * Arrays have time and the items of a batch innermost, items last, so that a step in time is a dilation by their number.
 * A band's cells become channels by a layer of its own; four frames become one step. Each layer adds to its input first a
 * convolution in time, shared by all bands, then a product over the bands, one for each channel. Steps become frames again
 * and give, together with the cells themselves, the masks.
 */
import { type Graph, GraphBuilder, type Value } from "../../graph/index.ts";
import { type CoupledArchitecture, coupledShapes, FEATURES, FRAMES_PER_STEP } from "./architecture.ts";

export const graphNames = { features: "features", logits: "logits", gates: "gates" } as const;

export interface GraphSize {
  /** Items of a batch. */
  readonly items: number;
  /** Steps of four frames. */
  readonly steps: number;
}

/**
 * Adds the network to a builder.
 *
 * @param features [bands, 3·cells of a band, frames·items]
 * @param tensor gives each tensor of {@link coupledShapes}
 * @returns [bands, 4·2·cells of a band, frames·items]: per target, channel and cell the logit of its gate; a mask is a gate
 *   divided by the sum of the four
 */
export function coupledNetwork(
  b: GraphBuilder,
  features: Value,
  tensor: (name: string) => Value,
  { sizes, grid, causal }: CoupledArchitecture,
  { items, steps }: GraphSize,
): Value {
  const { channels } = sizes;
  const { bands } = grid;
  const inside = channels * FRAMES_PER_STEP;
  const width = steps * items;
  const linear = (name: string, x: Value) =>
    b.add(b.matMul(tensor(`${name}.weight`), x), tensor(`${name}.bias`), name);

  const x = b.mul(b.sub(features, tensor("input.mean")), tensor("input.scale"));
  const encoded = b.relu(linear("encoder", x));
  const framed = b.reshape(encoded, [bands, channels, steps, FRAMES_PER_STEP, items]);
  let y: Value = b.reshape(b.transpose(framed, [1, 3, 0, 2, 4]), [1, inside, bands, width]);
  for (const [layer, dilation] of sizes.dilations.entries()) {
    const reach = 2 * dilation * items;
    const before = causal ? reach : reach / 2;
    const inTime = b.conv2d(b.relu(y), tensor(`layer${layer}.time.weight`), {
      pads: [0, before, 0, reach - before],
      dilations: [1, dilation * items],
      bias: tensor(`layer${layer}.time.bias`),
      name: `layer${layer}.time`,
    });
    y = b.add(y, inTime);
    const perChannel = b.reshape(y, [inside, bands, width]);
    const overBands = linear(`layer${layer}.bands`, b.relu(perChannel));
    y = b.reshape(b.add(perChannel, overBands), [1, inside, bands, width]);
  }
  const stepped = b.reshape(y, [channels, FRAMES_PER_STEP, bands, steps, items]);
  const frames = FRAMES_PER_STEP * width;
  const decoded = b.reshape(b.transpose(stepped, [2, 0, 3, 1, 4]), [bands, channels, frames]);
  const hidden = b.relu(linear("hidden", b.concat([b.relu(decoded), x], 1)));
  return linear("masks", hidden);
}

/** The network alone, its tensors fed: from "features" to "gates", sigmoids of the logits. */
export function gateGraph(architecture: CoupledArchitecture, size: GraphSize): Graph {
  const b = new GraphBuilder("coupled");
  const { bands } = architecture.grid;
  const frames = FRAMES_PER_STEP * size.steps * size.items;
  const inputs = FEATURES * architecture.sizes.bandCells;
  const features = b.input(graphNames.features, [bands, inputs, frames]);
  const shapes = coupledShapes(architecture);
  const tensors = new Map([...shapes].map(([name, shape]) => [name, b.input(name, shape)]));
  const logits = coupledNetwork(b, features, (name) => known(tensors, name), architecture, size);
  b.output(graphNames.gates, b.sigmoid(logits));
  return b.build();
}

function known(tensors: ReadonlyMap<string, Value>, name: string): Value {
  const value = tensors.get(name);
  if (!value) throw new Error(`there is no tensor "${name}"`);
  return value;
}
