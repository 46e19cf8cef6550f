/** The short-time Fourier transform. */
export { StftEngine, spectrumSize } from "./engine.ts";
export {
  binCount,
  frameCount,
  leadOf,
  leastSamples,
  mirrored,
  type StftSettings,
  spanOfFrames,
  windowOf,
} from "./geometry.ts";
export { FrameJoiner } from "./joiner.ts";
