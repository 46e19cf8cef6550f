/** The live room: a signal that comes, to stems a few hundredths of a second later. */
export type { StemGains } from "./gainMixer.ts";
export {
  type LiveBlock,
  type LiveRuntimeReport,
  LiveSeparator,
  type LiveStatus,
  type LiveStreamOptions,
} from "./liveSeparator.ts";
export { openLive } from "./openLive.ts";
export type { LiveOptions, OpenLiveOptions } from "./openOptions.ts";
