/** Scores compare sample by sample: both sources must be of one shape. */
import { ArgumentError } from "../errors.ts";
import type { Source } from "./bss/criteria.ts";

/**
 * @param other what is compared with the reference, and `name` what it is called in messages
 * @throws ArgumentError if channels or lengths differ.
 */
export function requireSameShape(reference: Source, other: Source, name = "estimate"): void {
  if (
    reference.length !== other.length ||
    reference.some((channel, c) => channel.length !== other[c].length)
  ) {
    throw new ArgumentError(
      `Reference and ${name} differ in shape: [${reference.map((c) => c.length)}] and [${other.map((c) => c.length)}].`,
      `Cut or pad the ${name} to the reference's length.`,
    );
  }
}
