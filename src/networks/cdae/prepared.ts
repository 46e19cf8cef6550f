/** A network of this family made ready: checked, written as ONNX, everything an engine needs as plain data. */
import { mixPhase, originalWienerEm } from "../../phase/index.ts";
import { checkState, floatData, type StateDict } from "../../tensors/index.ts";
import { planTransform, type TransformSettings } from "../../transforms/index.ts";
import type { NamedShapes, PreparedFacts, SliceContext, SliceNetworkFacts } from "../network.ts";
import { scaleOptions } from "../scale.ts";
import { targets } from "../targets.ts";
import { gatherWeights } from "../weights.ts";
import { type Architecture, architectureOf, expectedShapes, fewestSlices } from "./architecture.ts";
import { fedNetwork } from "./maskNetwork.ts";
import { type CdaeSettings, familyName } from "./settings.ts";

/** The original pads shorter signals to a hop and a sample, which make so many slices. */
const PADDED_SLICES = 3;

/**
 * Level of the songs of MUSDB18, on which the original's models and ours were trained: the median of their root mean
 * squares, dBFS.
 */
const TRAINED_LEVEL = -16.5;

/** A prepared network of this family. */
export interface PreparedCdae extends SliceNetworkFacts, PreparedFacts {
  readonly family: CdaeSettings["family"];
  readonly context: SliceContext;
  readonly architecture: Architecture;
  /** The network without its weights, an ONNX model. */
  readonly onnx: Uint8Array;
  /** Per block and bin: minus the mean, and one over the deviation, of the input magnitudes. */
  readonly normalisation: readonly { readonly mean: Float32Array; readonly scale: Float32Array }[];
}

/** The transform of a network. */
export function transformOf({ scale }: CdaeSettings): TransformSettings {
  return { kind: "slicqt", ...scaleOptions(scale) };
}

/** The architecture that settings and tensors give. @throws WeightsError as {@link architectureOf}. */
export function architectureFor(settings: CdaeSettings, tensors: NamedShapes): Architecture {
  const { blocks } = planTransform(transformOf(settings));
  return architectureOf(blocks, settings.realtime, tensors);
}

/** Checks tensors against settings and builds the network. @throws WeightsError naming each tensor at fault. */
export function prepare(settings: CdaeSettings, state: StateDict): PreparedCdae {
  const architecture = architectureFor(settings, state);
  checkState(state, expectedShapes(architecture));
  const { onnx, weights } = fedNetwork(architecture, state);
  return {
    family: familyName,
    targets,
    transform: transformOf(settings),
    context: contextSlices(architecture),
    leastSlices: Math.max(PADDED_SLICES, fewestSlices(architecture)),
    phase: settings.realtime ? mixPhase : originalWienerEm,
    level: TRAINED_LEVEL,
    weights: gatherWeights(weights),
    architecture,
    onnx,
    normalisation: architecture.blocks.map((_, b) => ({
      mean: floatData(state, `sliced_umx.${b}.input_mean`),
      scale: floatData(state, `sliced_umx.${b}.input_scale`),
    })),
  };
}

/**
 * Slices on each side that the masks of a slice depend on (docs/mathematics.md, 2.1): the network, run on a window of slices
 * with this much around it, gives the inner slices the masks of the whole song.
 */
export function contextSlices({ realtime, timeTaps }: Architecture): SliceContext {
  const halves = realtime
    ? { before: timeTaps + 2, after: timeTaps - 1 }
    : { before: timeTaps, after: timeTaps };
  return { before: Math.ceil(halves.before / 2), after: Math.ceil(halves.after / 2) };
}
