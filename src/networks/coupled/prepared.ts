/** A band-coupled network made ready: checked, written as ONNX, everything an engine needs as plain data. */
import { writeOnnx } from "../../graph/index.ts";
import { completePhase } from "../../phase/index.ts";
import { checkState, type StateDict } from "../../tensors/index.ts";
import { planTransform } from "../../transforms/index.ts";
import { SAMPLE_RATE } from "../../transforms/slicqt/index.ts";
import type { PreparedFacts, SliceContext, SliceNetworkFacts } from "../network.ts";
import { targets } from "../targets.ts";
import { gatherWeights } from "../weights.ts";
import {
  type CoupledArchitecture,
  coupledArchitecture,
  coupledShapes,
  FRAMES_PER_STEP,
  stepsOfContext,
} from "./architecture.ts";
import { LEVEL_FRAMES } from "./cells.ts";
import { FRAMES_PER_HOP } from "./grid.ts";
import { maskGraph } from "./maskGraph.ts";
import { type CoupledSettings, familyName, transformOf } from "./settings.ts";

/** A prepared network of this family. */
export interface PreparedCoupled extends SliceNetworkFacts, PreparedFacts {
  readonly family: typeof familyName;
  readonly context: SliceContext;
  readonly architecture: CoupledArchitecture;
  /** The network without its weights, an ONNX model. */
  readonly onnx: Uint8Array;
}

/** The architecture of settings. @throws ArgumentError if the scale makes no valid transform */
export function architectureFor(settings: CoupledSettings): CoupledArchitecture {
  const transform = planTransform(transformOf(settings));
  return coupledArchitecture(transform, settings.sizes, settings.realtime);
}

/** Checks tensors against settings and builds the network. @throws WeightsError naming each tensor at fault */
export function prepare(settings: CoupledSettings, state: StateDict): PreparedCoupled {
  const architecture = architectureFor(settings);
  checkState(state, coupledShapes(architecture));
  const graph = maskGraph(architecture, state);
  const transform = transformOf(settings);
  const { hop } = planTransform(transform);
  return {
    family: familyName,
    targets,
    transform,
    context: contextSlices(architecture),
    leastSlices: 1,
    phase: completePhase(settings.realtime ? "mix" : "wiener-em", hop / SAMPLE_RATE),
    weights: gatherWeights(graph.parameters),
    architecture,
    onnx: writeOnnx(graph, "fed"),
  };
}

/**
 * Slices on each side that the masks of a slice depend on: the layers' steps and the second of the level, and one slice
 * more, since the hop at the edge of a piece lacks the half of a slice that lies beyond.
 */
export function contextSlices(architecture: CoupledArchitecture): SliceContext {
  const steps = stepsOfContext(architecture);
  const level = (LEVEL_FRAMES - 1) / 2;
  const slices = (count: number) =>
    Math.ceil((FRAMES_PER_STEP * count + level) / FRAMES_PER_HOP) + 1;
  return { before: slices(steps.before), after: slices(steps.after) };
}
