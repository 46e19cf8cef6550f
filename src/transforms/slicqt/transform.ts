/** The sliCQT behind the interface of all transforms. */
import type { Transform } from "../transform.ts";
import { sliceCount } from "./geometry.ts";
import { planSliCQT } from "./plan.ts";
import type { ScaleOptions } from "./scales.ts";
import { SliceTransform } from "./sliceTransform.ts";

/** A {@link Transform} of a scale. @throws {ArgumentError} if the options make no valid transform. */
export function sliCQTransform(options: ScaleOptions): Transform {
  const plan = planSliCQT(options);
  const { hop, quarter, transition, sliceLength, blocks, coefsPerSlice } = plan;
  return {
    hop,
    sliceLength,
    lead: hop,
    windowEnd: 3 * quarter + transition / 2,
    blocks,
    coefsPerSlice,
    sliceCount: (samples) => sliceCount(plan, samples),
    inLanes: (kernels) => new SliceTransform(plan, kernels),
  };
}
