/** The networks room: families of networks behind one interface, and the stems that they estimate. */
export type { CdaeSettings } from "./cdae/settings.ts";
export type { CoupledSettings } from "./coupled/settings.ts";
export { Fields, unsupported } from "./fields.ts";
export type {
  Direction,
  EngineSetup,
  FrameEngine,
  FrameEngineSetup,
  MaskEngine,
  NamedShapes,
  NetworkFamily,
  PreparedNetwork,
  Recurrence,
  RecurrentPart,
  SliceContext,
  SliceNetworkFacts,
  SongEngineSetup,
  SongNetwork,
  SongNetworkFacts,
  TrainingFacts,
} from "./network.ts";
export {
  type AnyPreparedNetwork,
  type FamilyName,
  familyOf,
  type NetworkSettings,
  openFrames,
  openNetwork,
  openSongNetwork,
  type PreparedSliceNetwork,
  type PreparedSongNetwork,
  readOriginal,
  readSettings,
} from "./registry.ts";
export { type ModelScale, scaleOptions } from "./scale.ts";
export type { Slicq1Settings } from "./slicq1/settings.ts";
export { perTarget, perTargetInTurn, type Target, targets } from "./targets.ts";
export { weightsOfEngine } from "./umx/prepared.ts";
export type { UmxSettings, UmxSizes } from "./umx/settings.ts";
export { type Weights, withoutNumbers } from "./weights.ts";
