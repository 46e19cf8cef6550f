/** Everything the WASM module exports. */
export { fft } from "./fft";
export { loadSlices, overlapAdd } from "./slices";
export { analyseBin, synthesiseBin } from "./bins";
export { frameMagnitudes } from "./frames";
export { joinFrames, planarMagnitudes, planarPeak, splitFrames, weighLanes } from "./frameSpectra";
export { frameFilter, frameStatistics } from "./frameWiener";
export { columnMagnitudes, frameLayer, frameMasks } from "./frameLayer";
export { applyMasks, liftMasks, normaliseMasks } from "./masks";
export { wienerStatistics, wienerFilter } from "./wiener";
export { turnedFilter, turnedGradient, turnedStatistics } from "./turnedWiener";

/** First byte after the module's own data. */
export function heapBase(): usize {
  return __heap_base;
}
export { gammatonePowers, gammatoneBands, hairCells, laggedProducts } from "./ear";
export { powerGains, sensationLevels, tileLags } from "./earGradient";
export { addBlockProducts, gatherBlocks } from "./lags";
export {
  columnGradients, columnMoments, magnitudeErrors, mixSignals, normaliseColumns, normaliseColumnsBack, scalarProducts,
} from "./columns";
export { lstmBack, lstmForward } from "./lstm";
export { normals } from "./normals";
export { correlateWhole } from "./wholeCorrelation";
export { rearrange } from "./rearrange";
export { stemBands } from "./stemBands";
export { sumCells } from "./cells";
export { turnStems } from "./turnedStems";
export { smoothEnvelope, tileCovariances } from "./tiles";
export * from "./polyphase";
export {
  adaptBack, adaptBand, compressBack, compressBand, envelopeBack, gammatoneBack, gammatoneForward, weighComplex,
} from "./bandTape";
