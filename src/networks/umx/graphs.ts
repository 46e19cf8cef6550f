/**
 * Open-Unmix's networks as graphs, cut where a song is (docs/mathematics.md, 7.2): only the recurrent layers see all frames,
 * so everything before and after them is a graph of its own, and a recurrent layer is one for some of its frames.
 *
 * X-UMX is the same but for two bridges: its targets share the mean of their encoders, and the mean of what their recurrent
 * layers give.
 */

import type { Parameter } from "../../graph/index.ts";
import { type Graph, GraphBuilder, type Value } from "../../graph/index.ts";
import type { Direction } from "../network.ts";
import { type UmxArchitecture, units } from "./architecture.ts";
import type { Affine, UmxLayers } from "./layers.ts";

/** All targets' networks. */
export interface UmxNetwork {
  readonly targets: readonly string[];
  readonly architecture: UmxArchitecture;
  /** Whether the targets are bridged, as X-UMX's are. */
  readonly bridged: boolean;
  readonly layers: readonly UmxLayers[];
}

/** Names of inputs and outputs. */
export const graphNames = {
  magnitudes: "magnitudes",
  encoded: (index: number) => `encoded.${index}`,
  rows: "rows",
  state: "state",
  memory: "memory",
  kept: (index: number) => `kept.${index}`,
  masks: (index: number) => `masks.${index}`,
} as const;

/** Names of the weights, by target, layer and direction. */
export const weightNames = {
  encoder: (target: string) => `${target}.encoder`,
  joint: (target: string) => `${target}.joint`,
  decoder: (target: string) => `${target}.decoder`,
  recurrent: (target: string, layer: number, direction: Direction) =>
    `${target}.recurrent.${layer}.${direction}`,
  /** How all of a target's recurrent layers begin. */
  recurrence: (target: string) => `${target}.recurrent.`,
} as const;

/** A network's affine layers as parameters of a graph. */
function affine(
  b: GraphBuilder,
  x: Value,
  name: string,
  [inputs, outputs]: readonly [number, number],
  read: () => Affine,
): Value {
  const weight = b.parameter(`${name}.weight`, [inputs, outputs], () => read().weight);
  const bias = b.parameter(`${name}.bias`, [1, outputs], () => read().bias);
  return b.add(b.matMul(x, weight), bias);
}

/** [frames, channels·maxBin] → for each target, or bridged for all, [frames, hidden]. */
function encoders(b: GraphBuilder, magnitudes: Value, network: UmxNetwork): Value[] {
  const { targets, bridged, layers } = network;
  const { channels, maxBin, hidden } = network.architecture;
  const encoded = targets.map((target, j) =>
    b.tanh(
      affine(
        b,
        magnitudes,
        weightNames.encoder(target),
        [channels * maxBin, hidden],
        () => layers[j].encoder,
      ),
    ),
  );
  return bridged ? [meanOf(b, encoded)] : encoded;
}

function meanOf(b: GraphBuilder, values: readonly Value[]): Value {
  const sum = values.reduce((sum, value) => b.add(sum, value));
  return b.mul(sum, b.constant(1 / values.length));
}

/** From the encoder's output and the last recurrent layer's, or bridged their means: [frames, hidden]. */
function joint(b: GraphBuilder, encoded: Value, memory: Value, network: UmxNetwork, j: number) {
  const { hidden } = network.architecture;
  const both = b.concat([encoded, memory], 1);
  const name = weightNames.joint(network.targets[j]);
  return b.relu(affine(b, both, name, [2 * hidden, hidden], () => network.layers[j].joint));
}

/** To masks [frames, channels·bins]. */
function decoder(b: GraphBuilder, joined: Value, network: UmxNetwork, j: number): Value {
  const { hidden, channels, bins } = network.architecture;
  const name = weightNames.decoder(network.targets[j]);
  const outputs = channels * bins;
  return b.relu(affine(b, joined, name, [hidden, outputs], () => network.layers[j].decoder));
}

/** The graph of {@link encoders}. */
export function encoderGraph(network: UmxNetwork): Graph {
  const b = new GraphBuilder("encoder");
  const { channels, maxBin } = network.architecture;
  const magnitudes = b.input(graphNames.magnitudes, ["frames", channels * maxBin]);
  for (const [j, value] of encoders(b, magnitudes, network).entries()) {
    b.output(graphNames.encoded(j), value);
  }
  return b.build();
}

/** One direction of any recurrent layer of any target, its weights fed under the names of the op's operands. */
export function recurrentGraph(architecture: UmxArchitecture, direction: Direction): Graph {
  const b = new GraphBuilder(direction);
  const own = units(architecture);
  const { hidden } = architecture;
  const rows = b.input(graphNames.rows, ["frames", hidden]);
  const operands = {
    weight: b.input("weight", [4 * own, hidden]),
    recurrent: b.input("recurrent", [4 * own, own]),
    bias: b.input("bias", [8 * own]),
    state: b.input(graphNames.state, [2, own]),
  };
  b.output(graphNames.memory, b.lstm(rows, operands, direction));
  return b.build();
}

/** The weights that {@link recurrentGraph} is fed, of all targets, layers and directions. */
export function recurrentParameters({ targets, architecture, layers }: UmxNetwork): Parameter[] {
  const b = new GraphBuilder("recurrent");
  const own = units(architecture);
  const shapes = {
    weight: [4 * own, architecture.hidden],
    recurrent: [4 * own, own],
    bias: [8 * own],
  } as const;
  const parameters: Parameter[] = [];
  for (const [j, target] of targets.entries()) {
    for (let layer = 0; layer < architecture.layers; layer++) {
      for (const direction of architecture.directions) {
        const name = weightNames.recurrent(target, layer, direction);
        for (const field of ["weight", "recurrent", "bias"] as const) {
          const read = () => layers[j].recurrent(layer, direction)[field];
          parameters.push(b.parameter(`${name}.${field}`, shapes[field], read));
        }
      }
    }
  }
  return parameters;
}

/** What is kept of a frame until its masks are made: for each target the joint layer's output, bridged the two means. */
export function keptSequences({ targets, bridged }: Pick<UmxNetwork, "targets" | "bridged">) {
  return bridged ? 2 : targets.length;
}

/** Networks that are not bridged: the joint layer of one target, from its encoder and recurrent layers. */
export function jointGraph(network: UmxNetwork, j: number): Graph {
  const b = new GraphBuilder("joint");
  const { hidden } = network.architecture;
  const encoded = b.input(graphNames.rows, ["frames", hidden]);
  const memory = b.input(graphNames.memory, ["frames", hidden]);
  b.output(graphNames.kept(j), joint(b, encoded, memory, network, j));
  return b.build();
}

/** From what is kept to the masks of all targets. */
export function decoderGraph(network: UmxNetwork): Graph {
  const b = new GraphBuilder("decoder");
  const kept = Array.from({ length: keptSequences(network) }, (_, i) =>
    b.input(graphNames.kept(i), ["frames", network.architecture.hidden]),
  );
  for (const j of network.targets.keys()) {
    const joined = network.bridged ? joint(b, kept[0], kept[1], network, j) : kept[j];
    b.output(graphNames.masks(j), decoder(b, joined, network, j));
  }
  return b.build();
}

/** The whole: from magnitudes of a song's lower bins [frames, channels·maxBin] to masks of all targets. */
export function wholeGraph(network: UmxNetwork): Graph {
  const b = new GraphBuilder("umx");
  const { targets, architecture, bridged, layers } = network;
  const { channels, maxBin } = architecture;
  const own = units(architecture);
  const magnitudes = b.input(graphNames.magnitudes, ["frames", channels * maxBin]);
  const encoded = encoders(b, magnitudes, network);
  const state = b.parameter("nothing", [2, own], new Float32Array(2 * own));
  const memories = targets.map((target, j) => {
    let rows = encoded[bridged ? 0 : j];
    for (let layer = 0; layer < architecture.layers; layer++) {
      const halves = architecture.directions.map((direction) => {
        const read = layers[j];
        const name = weightNames.recurrent(target, layer, direction);
        const parameter = (field: "weight" | "recurrent" | "bias", shape: readonly number[]) =>
          b.parameter(`${name}.${field}`, shape, () => read.recurrent(layer, direction)[field]);
        const operands = {
          weight: parameter("weight", [4 * own, architecture.hidden]),
          recurrent: parameter("recurrent", [4 * own, own]),
          bias: parameter("bias", [8 * own]),
          state,
        };
        return b.slice(b.lstm(rows, operands, direction), { axis: 0, from: 0, to: -1 });
      });
      rows = b.concat(halves, 1);
    }
    return rows;
  });
  const shared = bridged ? meanOf(b, memories) : undefined;
  for (const [j, memory] of memories.entries()) {
    const joined = joint(b, encoded[bridged ? 0 : j], shared ?? memory, network, j);
    b.output(graphNames.masks(j), decoder(b, joined, network, j));
  }
  return b.build();
}
