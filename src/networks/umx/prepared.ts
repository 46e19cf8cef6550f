/** Open-Unmix's networks made ready: checked, folded, all weights in one array. */
import { openUnmixEm } from "../../phase/index.ts";
import { checkState, type StateDict } from "../../tensors/index.ts";
import type { PreparedFacts, SongNetworkFacts } from "../network.ts";
import { gatherWeights, someWeights, type Weights } from "../weights.ts";
import {
  architectureOf,
  expectedShapes,
  type TensorNames,
  type UmxArchitecture,
  umxName,
} from "./architecture.ts";
import {
  decoderGraph,
  encoderGraph,
  jointGraph,
  recurrentParameters,
  type UmxNetwork,
  weightNames,
} from "./graphs.ts";
import { UmxLayers } from "./layers.ts";
import { stftOf, type UmxSettings, type UmxSizes } from "./settings.ts";

/** What the engine of Open-Unmix's networks and of X-UMX needs. */
export interface PreparedUmxNetwork extends SongNetworkFacts, PreparedFacts {
  readonly architecture: UmxArchitecture;
}

/** A prepared network of this family. */
export interface PreparedUmx extends PreparedUmxNetwork {
  readonly family: "umx";
}

/** Tensors that files have and networks do not need: windows, and what the earliest files say of themselves. */
export function isBeside(name: string): boolean {
  return /(^|\.)(sample_rate|stft\.window|transform\.0\.window)$/.test(name);
}

/** The networks of checked tensors. */
export function networkOf(
  sizes: UmxSizes,
  state: StateDict,
  nameOf: TensorNames,
  bridged: boolean,
): UmxNetwork {
  const architecture = architectureOf(sizes, state, nameOf);
  const layers = sizes.targets.map((target) => new UmxLayers(state, architecture, target, nameOf));
  return { targets: sizes.targets, architecture, bridged, layers };
}

/** All of a network but its family and phase, which are not checked here. */
export function prepareNetwork(network: UmxNetwork, sizes: UmxSizes) {
  const { architecture, bridged, targets } = network;
  const { layers, directions, hidden } = architecture;
  return {
    targets,
    context: "whole song" as const,
    stft: stftOf(sizes),
    recurrence: { layers, directions, width: hidden, bridged },
    architecture,
    weights: gatherWeights([
      ...encoderGraph(network).parameters,
      ...recurrentParameters(network),
      ...(bridged ? [] : targets.flatMap((_, j) => jointGraph(network, j).parameters)),
      ...decoderGraph(network).parameters,
    ]),
  };
}

/** Checks tensors against settings and builds the networks. @throws WeightsError naming each tensor at fault */
export function prepare(settings: UmxSettings, state: StateDict): PreparedUmx {
  checkState(state, expectedShapes(settings, state, umxName), isBeside);
  const network = networkOf(settings, state, umxName, false);
  return { family: "umx", phase: openUnmixEm, ...prepareNetwork(network, settings) };
}

/**
 * The weights that one of several engines needs: of the encoders and decoders all, of what is between those of its own
 * targets, which are every so many-th.
 */
export function weightsOfEngine(
  { targets, weights, recurrence }: PreparedUmxNetwork,
  engine: number,
  engines: number,
): Weights {
  const isForeign = (name: string) =>
    targets.some(
      (target, j) =>
        j % engines !== engine &&
        (name.startsWith(weightNames.recurrence(target)) ||
          (!recurrence.bridged && name.startsWith(`${weightNames.joint(target)}.`))),
    );
  return someWeights(weights, (name) => !isForeign(name));
}
