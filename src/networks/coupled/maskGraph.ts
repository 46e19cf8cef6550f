/**
 * The band-coupled network as a graph, the same for separation and for training.
 *
 * Arrays have time and the items of a batch innermost, items last, so that a step in time is a dilation by their number.
 * A band's cells become channels by a layer of its own; four frames become one step. Each layer adds to its input first a
 * convolution in time, shared by all bands, then a product over the bands, one for each channel; both read what is positive,
 * divided by the root mean square over the channels (Zhang and Sennrich 2019), so that they learn at equal pace. Steps
 * become frames again and give, together with the cells themselves, the masks.
 */

import { GraphError } from "../../errors.ts";
import { type DimLike, type Graph, GraphBuilder, type Value } from "../../graph/index.ts";
import { floatData, type StateDict } from "../../tensors/index.ts";
import { targets } from "../targets.ts";
import {
  type CoupledArchitecture,
  coupledShapes,
  FEATURES,
  FRAMES_PER_STEP,
} from "./architecture.ts";

/** Names of inputs and outputs. */
export const graphNames = { features: "features", gates: "gates", masks: "masks" } as const;

/** Added to every gate, so that four closed ones still have a sum. */
export const LEAST_GATE = 1e-6;
/** Added to mean squares, so that silence stays silent. */
const LEAST_SQUARE = 1e-5;

export interface GraphSize {
  /** Items of a batch. */
  readonly items: number;
  /** Steps of four frames; with one item they may be left open. */
  readonly steps: number | "steps";
}

/** So many times the steps. */
function times(steps: GraphSize["steps"], count: number): DimLike {
  return typeof steps === "number" ? steps * count : { symbol: steps, times: count, plus: 0 };
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
  const width = times(steps, items);
  const linear = (name: string, x: Value) =>
    b.add(b.matMul(tensor(`${name}.weight`), x), tensor(`${name}.bias`), name);

  const x = b.mul(b.sub(features, tensor("input.mean")), tensor("input.scale"));
  const encoded = b.relu(linear("encoder", x));
  const framed = b.reshape(encoded, [bands, channels, steps, FRAMES_PER_STEP, items]);
  let y: Value = b.reshape(b.transpose(framed, [1, 3, 0, 2, 4]), [1, inside, bands, width]);
  for (const [layer, dilation] of sizes.dilations.entries()) {
    const reach = 2 * dilation * items;
    const before = causal ? reach : reach / 2;
    const inTime = b.conv2d(evened(b, y, 1), tensor(`layer${layer}.time.weight`), {
      pads: [0, before, 0, reach - before],
      dilations: [1, dilation * items],
      bias: tensor(`layer${layer}.time.bias`),
      name: `layer${layer}.time`,
    });
    y = b.add(y, inTime);
    const perChannel = b.reshape(y, [inside, bands, width]);
    const overBands = linear(`layer${layer}.bands`, evened(b, perChannel, 0));
    y = b.reshape(b.add(perChannel, overBands), [1, inside, bands, width]);
  }
  const stepped = b.reshape(evened(b, y, 1), [channels, FRAMES_PER_STEP, bands, steps, items]);
  const frames = times(steps, FRAMES_PER_STEP * items);
  const decoded = b.reshape(b.transpose(stepped, [2, 0, 3, 1, 4]), [bands, channels, frames]);
  const hidden = b.relu(linear("hidden", b.concat([decoded, x], 1)));
  return linear("masks", hidden);
}

/** What is positive, over the root mean square along the axis of the channels. */
function evened(b: GraphBuilder, y: Value, channels: number): Value {
  const mean = b.mean(b.square(y), [channels]);
  const scale = b.div(b.constant(1), b.sqrt(b.add(mean, b.constant(LEAST_SQUARE))));
  return b.mul(b.relu(y), scale);
}

/** The features of so many steps. */
export function featureShape(
  { grid, sizes }: CoupledArchitecture,
  { items, steps }: GraphSize,
): DimLike[] {
  return [grid.bands, FEATURES * sizes.bandCells, times(steps, FRAMES_PER_STEP * items)];
}

/** For training: from features and tensors, all fed, to gates, the sigmoids of the logits. */
export function gateGraph(architecture: CoupledArchitecture, size: GraphSize): Graph {
  const b = new GraphBuilder("coupled");
  const features = b.input(graphNames.features, featureShape(architecture, size));
  const tensor = tensorInputs(b, architecture);
  const logits = coupledNetwork(b, features, tensor, architecture, size);
  b.output(graphNames.gates, b.sigmoid(logits));
  return b.build();
}

/** Declares all tensors of the network as inputs. */
export function tensorInputs(
  b: GraphBuilder,
  architecture: CoupledArchitecture,
): (name: string) => Value {
  const inputs = new Map<string, Value>();
  for (const [name, shape] of coupledShapes(architecture)) inputs.set(name, b.input(name, shape));
  return (name) => {
    const value = inputs.get(name);
    if (!value) throw new GraphError(`the network has no tensor "${name}"`);
    return value;
  };
}

/**
 * For separation: from features of a song, [bands, 3·cells, 4·steps], to masks, [bands, 4·2·cells, 4·steps]; the four of a
 * cell and channel sum to one.
 *
 * @throws WeightsError "weights-mismatch" when the graph is written and a tensor is missing
 */
export function maskGraph(architecture: CoupledArchitecture, state: StateDict): Graph {
  const b = new GraphBuilder("coupled");
  const size = { items: 1, steps: "steps" } as const;
  const { bands } = architecture.grid;
  const { bandCells } = architecture.sizes;
  const features = b.input(graphNames.features, featureShape(architecture, size));
  const shapes = coupledShapes(architecture);
  const tensor = (name: string) =>
    b.parameter(name, shapes.get(name) ?? [], () => floatData(state, name));
  const logits = coupledNetwork(b, features, tensor, architecture, size);
  const frames = times(size.steps, FRAMES_PER_STEP);
  const perTarget = [bands, targets.length, 2 * bandCells, frames];
  const gates = b.add(b.reshape(b.sigmoid(logits), perTarget), b.constant(LEAST_GATE));
  const masks = b.div(gates, b.reduceSum(gates, [1]));
  b.output(graphNames.masks, b.reshape(masks, [bands, 2 * targets.length * bandCells, frames]));
  return b.build();
}
