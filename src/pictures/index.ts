/** The pictures room: what audio looks like. */
export { type Theme, themes } from "./colourMap.ts";
export type { TimeRange } from "./columnPowers.ts";
export type { LevelGrid, LevelRange } from "./levelGrid.ts";
export { type Bitmap, type EncodedImage, encodePng, type Rgb } from "./png.ts";
export { paintLevels, signalLevels } from "./signalLevels.ts";
export {
  type ChannelName,
  channelNames,
  type PictureSource,
  type ReadableAudio,
} from "./source.ts";
export {
  type SpectrogramPanel,
  type SpectrogramPicture,
  type SpectrogramPictureOptions,
  spectrogramPicture,
} from "./spectrogramPicture.ts";
export { strokePixels } from "./stroke.ts";
export { type Lettering, lettering, type Point } from "./strokeFont.ts";
export { planView, type ViewPlan } from "./viewPlan.ts";
