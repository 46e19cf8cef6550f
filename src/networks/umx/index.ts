/** Open-Unmix's networks. */
export {
  architectureOf,
  expectedShapes,
  lstmEnd,
  type TensorNames,
  targetShapes,
  type UmxArchitecture,
  umxName,
  units,
} from "./architecture.ts";
export { checkedSizes, stftOf, type UmxSettings, type UmxSizes } from "./settings.ts";
