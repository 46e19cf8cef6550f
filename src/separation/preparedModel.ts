/** A model made ready to run: checked, its network written as ONNX, everything a worker needs as plain data. */
import type { Model } from "../models/index.ts";
import {
  type Architecture,
  architectureOf,
  expectedShapes,
  type FedNetwork,
  fedNetwork,
  fewestSlices,
} from "../networks/cdae/index.ts";
import { mixPhase, originalWienerEm, type PhaseSettings } from "../phase/index.ts";
import { checkState, floatData } from "../tensors/index.ts";
import {
  planSliCQT,
  type ScaleOptions,
  type SliCQTPlan,
  sliceCount,
} from "../transforms/slicqt/index.ts";

/** Survives being sent to another thread. */
export interface PreparedModel {
  readonly name: string;
  readonly licence: string | undefined;
  readonly scale: ScaleOptions;
  readonly architecture: Architecture;
  /** The phase the model was made for. */
  readonly phase: PhaseSettings;
  /** The network without its weights, an ONNX model. */
  readonly onnx: Uint8Array;
  /** The network's weights, one after the other. */
  readonly weights: Weights;
  /** Per block and bin: minus the mean, and one over the deviation, of the input magnitudes. */
  readonly normalisation: readonly { readonly mean: Float32Array; readonly scale: Float32Array }[];
}

/**
 * Checks a model's tensors against its configuration and builds its network.
 * @throws {WeightsError} naming each tensor that is missing, extra or misshapen.
 */
export function prepareModel({ config, state }: Model): PreparedModel {
  const { name: scaleName, bins, fmin, gamma } = config.scale;
  const scale: ScaleOptions = { scale: scaleName, bins, fmin, gamma };
  const { blocks } = planSliCQT(scale);
  const architecture = architectureOf(blocks, config.realtime, state);
  checkState(state, expectedShapes(architecture));
  const { onnx, weights } = fedNetwork(architecture, state);
  return {
    name: config.name,
    licence: config.licence,
    scale,
    architecture,
    phase: config.phase ?? (config.realtime ? mixPhase : originalWienerEm),
    onnx,
    weights: gather(weights),
    normalisation: blocks.map((_, b) => ({
      mean: floatData(state, `sliced_umx.${b}.input_mean`),
      scale: floatData(state, `sliced_umx.${b}.input_scale`),
    })),
  };
}

/** Where a tensor lies among the weights. */
interface Place {
  readonly name: string;
  readonly shape: readonly number[];
  /** First float. */
  readonly offset: number;
  readonly length: number;
}

/** Tensors in one array, which moves between threads as a whole. */
interface Weights {
  readonly places: readonly Place[];
  readonly data: Float32Array<ArrayBuffer>;
}

function gather(parameters: FedNetwork["weights"]): Weights {
  let offset = 0;
  const places = parameters.map(({ name, shape }) => {
    const length = shape.reduce((a, b) => a * b, 1);
    const place = { name, shape, offset, length };
    // 16-byte alignment for whoever works on it with vectors.
    offset += 4 * Math.ceil(length / 4);
    return place;
  });
  const data = new Float32Array(offset);
  for (const [i, parameter] of parameters.entries()) data.set(parameter.read(), places[i].offset);
  return { places, data };
}

/**
 * Slices on each side that the masks of a slice depend on (docs/mathematics.md, 2.4): the network, run on a window of slices
 * with this much around it, gives the inner slices the masks of the whole song.
 */
export function contextSlices({ realtime, timeTaps }: Architecture): {
  readonly before: number;
  readonly after: number;
} {
  const halves = realtime
    ? { before: timeTaps + 2, after: timeTaps - 1 }
    : { before: timeTaps, after: timeTaps };
  return { before: Math.ceil(halves.before / 2), after: Math.ceil(halves.after / 2) };
}

/** Samples that a shorter signal is padded to with zeros, so that the network finds enough slices. */
export function leastSamples(plan: SliCQTPlan, architecture: Architecture): number {
  let samples = plan.hop + 1;
  while (sliceCount(plan, samples) < fewestSlices(architecture)) samples += plan.hop;
  return samples;
}
