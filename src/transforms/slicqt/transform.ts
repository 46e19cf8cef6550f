/** The sliCQT behind the interface of all transforms. */
import type { Transform } from "../transform.ts";
import { layOut, sliceCount } from "./geometry.ts";
import { withWindows } from "./plan.ts";
import { type ScaleOptions, scaleBands } from "./scales.ts";
import { SliceTransform } from "./sliceTransform.ts";

/** A {@link Transform} of a scale. @throws {ArgumentError} if the options make no valid transform. */
export function sliCQTransform(options: ScaleOptions): Transform {
  // Whoever asks for sizes alone needs no windows, which take longest.
  const geometry = layOut(scaleBands(options), options.windowMultiple);
  const { hop, quarter, transition, sliceLength, blocks, coefsPerSlice } = geometry;
  return {
    hop,
    sliceLength,
    lead: hop,
    windowEnd: 3 * quarter + transition / 2,
    blocks,
    coefsPerSlice,
    sliceCount: (samples) => sliceCount(geometry, samples),
    inLanes: (kernels) => new SliceTransform(withWindows(geometry, options), kernels),
  };
}
