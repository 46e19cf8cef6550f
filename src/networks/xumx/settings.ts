/** Settings of X-UMX's networks. */
import type { Fields } from "../fields.ts";
import { readSizes, type UmxSizes } from "../umx/settings.ts";

/** All about an X-UMX network but its numbers. */
export interface XumxSettings extends UmxSizes {
  readonly family: "xumx";
}

/** Settings from the metadata of our files. @throws WeightsError naming the field at fault */
export function readSettings(metadata: Fields): XumxSettings {
  return { family: "xumx", ...readSizes(metadata) };
}
