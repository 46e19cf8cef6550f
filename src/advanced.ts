/**
 * What lies under `xumx-slicq`, for programs that carry its parts elsewhere: engines and where they run, the phase step's
 * details, tensors of models, addresses of the published ones. It may change where the main face does not.
 *
 * @example
 * const separator = await Separator.create(await loadModel(), { threads: 2 }, inWorkers);
 * @module xumx-slicq/advanced
 */
export { type PublishedFile, publishedHost } from "./models/index.ts";
export {
  completePhase,
  type FixedRegularisation,
  type Regularisation,
  type WienerWindow,
} from "./phase/index.ts";
export type { Importer, RuntimePackage } from "./runtime/index.ts";
export {
  type EngineFactory,
  type EngineTimes,
  inThisThread,
  inWorkers,
  Separator,
} from "./separation/index.ts";
export type {
  BoolTensor,
  F32Tensor,
  F64Tensor,
  I32Tensor,
  I64Tensor,
  StateDict,
  Tensor,
  U8Tensor,
} from "./tensors/index.ts";
