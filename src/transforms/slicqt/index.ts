/**
 * The sliced constant-Q transform: a nonuniform, perfectly invertible time-frequency transform.
 *
 * @module xumx-slicq/slicqt
 */
export type { Block } from "../transform.ts";
export type { Coefficients } from "./coefficients.ts";
export { ForwardStream, forward, inverseAdjoint } from "./forward.ts";
export { type Geometry, sliceCount } from "./geometry.ts";
export { InverseStream, inverse } from "./inverse.ts";
export { planSliCQT, type SliCQTPlan } from "./plan.ts";
export {
  type Bands,
  FMAX,
  SAMPLE_RATE,
  type ScaleName,
  type ScaleOptions,
  scaleBands,
  scaleNames,
} from "./scales.ts";
export type { Windows } from "./windows.ts";
