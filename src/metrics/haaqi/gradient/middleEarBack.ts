/** The way back through the middle ear: its filters, run backwards in time. */
import { middleEar } from "../middleEar.ts";

/** Gradient by the ear canal's signal from that by the middle ear's. */
export function middleEarBack(by: Float64Array): Float64Array {
  return middleEar(by.slice().reverse()).reverse();
}
