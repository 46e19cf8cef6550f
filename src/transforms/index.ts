/** The transforms room: what is known of every transform, and how one is planned. */
import { sliCQTransform } from "./slicqt/transform.ts";
import type { Transform, TransformSettings } from "./transform.ts";

export {
  type BinPlace,
  type Block,
  type LaneTransform,
  spanOf,
  type Transform,
  type TransformSettings,
} from "./transform.ts";

/**
 * Plans a transform.
 *
 * @throws {ArgumentError} if the settings make no valid transform
 */
export function planTransform(settings: TransformSettings): Transform {
  return sliCQTransform(settings);
}
