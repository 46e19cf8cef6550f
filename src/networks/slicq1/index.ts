/** What the networks of xumx-sliCQ version 1 are, for which weights, and their layers: for training and tests. */
export {
  epsilon,
  expectedShapes,
  fewestSlices,
  hidden,
  type LayerTensor,
  type MaskedBlock,
  type NormLayer,
  normLayers,
  reachOf,
  runningTensors,
  type Slicq1Architecture,
  tensorName,
  trainedTensors,
} from "./architecture.ts";
export { blockLayers, type LayerTensors, overlapAdded } from "./layers.ts";
export { inputName, maskGraph, maskModel, maskName } from "./maskGraph.ts";
export { architectureFor } from "./prepared.ts";
export { type FirstScale, type Slicq1Settings, transformOf } from "./settings.ts";
