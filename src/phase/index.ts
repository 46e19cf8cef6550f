/** The phase room: masks to complex stems, by mix phase or Wiener-EM. */

export { type BlockShape, blockPhase } from "./blockPhase.ts";
export { sourceMasks } from "./frameMasks.ts";
export {
  type AnyPhase,
  checkFrameEm,
  type FrameEm,
  norbertEm,
  openUnmixEm,
} from "./frameSettings.ts";
export { type FrameModel, FrameWiener, frameModel, type MaskedFrames } from "./frameWiener.ts";
export { HALVES, MaskLayout } from "./maskLayout.ts";
export {
  type BinLanes,
  type BinMasks,
  PhaseStep,
  powerBytes,
  type WindowLanes,
} from "./phaseStep.ts";
export {
  checkPhase,
  completePhase,
  type FixedRegularisation,
  firstWienerEm,
  isComplete,
  type MixPhase,
  mixPhase,
  originalWienerEm,
  type PhaseSettings,
  type Regularisation,
  type WienerEm,
  type WienerWindow,
  windowLength,
} from "./settings.ts";
export {
  addStatistics,
  blockPeak,
  spatialModel,
  spatialSize,
  statisticsSize,
} from "./spatialModel.ts";
