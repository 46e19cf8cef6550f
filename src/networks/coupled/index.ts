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
export { type Cells, cellFeatures, framesOf, sumCells } from "./cells.ts";
export { firstOfCell, FRAMES_PER_HOP, type Grid, type GridBin, type GridSizes, layOutGrid } from "./grid.ts";
export { coupledNetwork, gateGraph, type GraphSize, graphNames } from "./maskGraph.ts";
