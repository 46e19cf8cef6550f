/** Scores compare sample by sample: both sources must be of one shape. */
import { ArgumentError } from "../errors.ts";
import type { Source } from "./bss/criteria.ts";

/** @throws ArgumentError if channels or lengths differ. */
export function requireSameShape(reference: Source, estimate: Source): void {
  if (
    reference.length !== estimate.length ||
    reference.some((channel, c) => channel.length !== estimate[c].length)
  ) {
    throw new ArgumentError(
      `Reference and estimate differ in shape: [${reference.map((c) => c.length)}] and [${estimate.map((c) => c.length)}].`,
      "Cut or pad the estimate to the reference's length.",
    );
  }
}
