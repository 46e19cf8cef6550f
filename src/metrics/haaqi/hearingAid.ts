/** A linear hearing aid on two ears. */
import type { Samples } from "../bss/correlations.ts";
import { earLevels } from "./audiogram.ts";
import type { Ears } from "./listeners.ts";
import { convolvePair, prescriptionFilter } from "./prescription.ts";

/** Order of the prescription's filter, as in the Cadenza challenge. */
export const AID_ORDER = 220;

/**
 * Left and right through each ear's NAL-R filter: 220 samples longer, 110 samples late. An ear without loss gets the
 * delay alone.
 */
export function hearingAid(
  [left, right]: readonly [Samples, Samples],
  ears: Ears,
  sampleRate: number,
): readonly [Float64Array, Float64Array] {
  const taps = (ear: "left" | "right") =>
    prescriptionFilter(earLevels(ears[ear]), AID_ORDER, sampleRate);
  return convolvePair([left, right], [taps("left"), taps("right")]);
}
