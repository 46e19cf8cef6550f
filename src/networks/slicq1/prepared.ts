/** A network of this family made ready: checked, written as ONNX, everything an engine needs as plain data. */
import { openUnmixEm } from "../../phase/index.ts";
import { checkState, type StateDict } from "../../tensors/index.ts";
import { planTransform } from "../../transforms/index.ts";
import { scaleBands } from "../../transforms/slicqt/index.ts";
import type { StftSettings } from "../../transforms/stft/index.ts";
import { unsupported } from "../fields.ts";
import type { PreparedFacts, SliceContext, SliceNetworkFacts } from "../network.ts";
import { targets } from "../targets.ts";
import { gatherWeights } from "../weights.ts";
import {
  architectureOf,
  contextSlices,
  expectedShapes,
  fewestSlices,
  type Slicq1Architecture,
} from "./architecture.ts";
import { maskGraph, maskModel } from "./maskGraph.ts";
import { familyName, type Slicq1Settings, transformOf } from "./settings.ts";

/** A prepared network of this family. */
export interface PreparedSlicq1 extends SliceNetworkFacts, PreparedFacts {
  readonly family: typeof familyName;
  readonly context: SliceContext;
  readonly architecture: Slicq1Architecture;
  /** The networks without their weights, an ONNX model. */
  readonly onnx: Uint8Array;
}

/** Level of the songs of MUSDB18, on which the original's model was trained, dBFS. */
const TRAINED_LEVEL = -16.5;

/** The short-time transform in which stems are filtered: without a window, as the original has it. */
const refinement: StftSettings = { length: 4096, hop: 1024, window: "ones" };

/** The architecture of settings. @throws WeightsError if no block lies within the bandwidth; ArgumentError for an impossible scale */
export function architectureFor(settings: Slicq1Settings): Slicq1Architecture {
  const transform = transformOf(settings);
  const { blocks } = planTransform(transform);
  const frequencies = [0, ...scaleBands(transform).frequencies];
  const architecture = architectureOf(blocks, frequencies, settings.bandwidth);
  if (architecture.length > 0) return architecture;
  throw unsupported(`No bin of the model lies below its bandwidth, ${settings.bandwidth} Hz.`);
}

/** Checks tensors against settings and builds the networks. @throws WeightsError naming each tensor at fault */
export function prepare(settings: Slicq1Settings, state: StateDict): PreparedSlicq1 {
  const architecture = architectureFor(settings);
  checkState(state, expectedShapes(architecture));
  const graph = maskGraph(architecture, state);
  return {
    family: familyName,
    targets,
    transform: transformOf(settings),
    context: contextSlices(architecture),
    leastSlices: fewestSlices(architecture),
    phase: openUnmixEm,
    refinement,
    level: TRAINED_LEVEL,
    weights: gatherWeights(graph.parameters),
    architecture,
    onnx: maskModel(graph, "fed"),
  };
}
