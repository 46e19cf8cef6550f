/** The band-coupled network. */
export {
  type CoupledArchitecture,
  type CoupledSizes,
  coupledArchitecture,
  coupledShapes,
  FEATURES,
  FRAMES_PER_STEP,
  isStatistic,
  smallSizes,
  stepsOfContext,
} from "./architecture.ts";
export { cellFeatures, framesOf, type MixtureCells } from "./cells.ts";
export {
  FRAMES_PER_HOP,
  firstOfCell,
  type Grid,
  type GridBin,
  type GridSizes,
  layOutGrid,
} from "./grid.ts";
export {
  coupledNetwork,
  featureShape,
  type GraphSize,
  gateGraph,
  graphNames,
  LEAST_GATE,
  tensorInputs,
} from "./maskGraph.ts";
