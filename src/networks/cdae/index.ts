/** What xumx-sliCQ-V2's network is, for which weights, and its graphs: for training and tests. */
export {
  type Architecture,
  architectureOf,
  type BlockArchitecture,
  type BlockSize,
  expectedShapes,
  fewestSlices,
  frequencyTapsFor,
  tensorName,
} from "./architecture.ts";
export {
  type BatchStatistics,
  type BlockMasks,
  type BlockTensor,
  blockNetwork,
  inputShape,
  runningTensors,
  type Statistics,
  trainedTensors,
} from "./blockNetwork.ts";
export { normLayers } from "./layers.ts";
export {
  type FedNetwork,
  fedNetwork,
  framesIn,
  inferenceModel,
  inputName,
  type MaskNetworkOptions,
  maskName,
  maskNetwork,
  normalise,
} from "./maskNetwork.ts";
export { multiplyAdds } from "./work.ts";
