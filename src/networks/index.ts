/** The networks room: families of networks behind one interface, and the stems that they estimate. */
export type { CdaeSettings } from "./cdae/settings.ts";
export type { CoupledSettings } from "./coupled/settings.ts";
export { Fields, unsupported } from "./fields.ts";
export type {
  Context,
  EngineSetup,
  FrameEngine,
  FrameEngineSetup,
  MaskEngine,
  NamedShapes,
  NetworkFacts,
  NetworkFamily,
  PreparedNetwork,
  SliceContext,
  TrainingFacts,
} from "./network.ts";
export {
  type AnyPreparedNetwork,
  type FamilyName,
  familyOf,
  type NetworkSettings,
  readOriginal,
  readSettings,
} from "./registry.ts";
export { type ModelScale, scaleOptions } from "./scale.ts";
export { perTarget, perTargetInTurn, type Target, targets } from "./targets.ts";
export type { Weights } from "./weights.ts";
