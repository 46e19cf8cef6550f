/** Open-Unmix's networks. */
export {
  expectedShapes,
  type TensorNames,
  targetShapes,
  type UmxArchitecture,
  umxName,
} from "./architecture.ts";
export { checkedSizes, type UmxSettings, type UmxSizes } from "./settings.ts";
